<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="0.2">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="0.2" labelPrecision="3">
          <item value="0" color="#440154" alpha="255" label="0"/>
          <item value="0.025" color="#472d7b" alpha="255" label="0.025"/>
          <item value="0.05" color="#3b528b" alpha="255" label="0.05"/>
          <item value="0.075" color="#2c728e" alpha="255" label="0.075"/>
          <item value="0.1" color="#21918c" alpha="255" label="0.1"/>
          <item value="0.125" color="#28ae80" alpha="255" label="0.125"/>
          <item value="0.15" color="#5ec962" alpha="255" label="0.15"/>
          <item value="0.175" color="#addc30" alpha="255" label="0.175"/>
          <item value="0.2" color="#fde725" alpha="255" label="0.2"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
