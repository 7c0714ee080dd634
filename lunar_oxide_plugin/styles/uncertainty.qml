<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="3" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="8">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="8" labelPrecision="2">
          <item value="0.0" color="#440154" alpha="255" label="0 wt% FeO"/>
          <item value="1.0" color="#472d7b" alpha="255" label="1 wt% FeO"/>
          <item value="2.0" color="#3b528b" alpha="255" label="2 wt% FeO"/>
          <item value="3.0" color="#2c728e" alpha="255" label="3 wt% FeO"/>
          <item value="4.0" color="#21918c" alpha="255" label="4 wt% FeO"/>
          <item value="5.0" color="#28ae80" alpha="255" label="5 wt% FeO"/>
          <item value="6.0" color="#5ec962" alpha="255" label="6 wt% FeO"/>
          <item value="7.0" color="#addc30" alpha="255" label="7 wt% FeO"/>
          <item value="8.0" color="#fde725" alpha="255" label="8 wt% FeO"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
