<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0.3" classificationMax="0.9">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0.3" maximumValue="0.9" labelPrecision="2">
          <item value="0.3" color="#440154" alpha="255" label="0.3"/>
          <item value="0.375" color="#472d7b" alpha="255" label="0.375"/>
          <item value="0.45" color="#3b528b" alpha="255" label="0.45"/>
          <item value="0.525" color="#2c728e" alpha="255" label="0.525"/>
          <item value="0.6000000000000001" color="#21918c" alpha="255" label="0.6"/>
          <item value="0.675" color="#28ae80" alpha="255" label="0.675"/>
          <item value="0.75" color="#5ec962" alpha="255" label="0.75"/>
          <item value="0.8250000000000002" color="#addc30" alpha="255" label="0.825"/>
          <item value="0.9000000000000001" color="#fde725" alpha="255" label="0.9"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
