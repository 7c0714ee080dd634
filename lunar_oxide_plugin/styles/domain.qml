<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="4">
      <rastershader>
        <colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0" minimumValue="0" maximumValue="4" labelPrecision="2">
          <item value="1" color="#f7f7f7" alpha="255" label="inside the training domain (up to 1)"/>
          <item value="1.5" color="#fddbc7" alpha="255" label="1 - 1.5"/>
          <item value="2" color="#f4a582" alpha="255" label="1.5 - 2"/>
          <item value="3" color="#d6604d" alpha="255" label="2 - 3"/>
          <item value="inf" color="#b2182b" alpha="255" label="above 3: unlike any site"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
