<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="24">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="24" labelPrecision="2">
          <item value="0.0" color="#440154" alpha="255" label="0 wt% FeO"/>
          <item value="3.0" color="#472d7b" alpha="255" label="3 wt% FeO"/>
          <item value="6.0" color="#3b528b" alpha="255" label="6 wt% FeO"/>
          <item value="9.0" color="#2c728e" alpha="255" label="9 wt% FeO"/>
          <item value="12.0" color="#21918c" alpha="255" label="12 wt% FeO"/>
          <item value="15.0" color="#28ae80" alpha="255" label="15 wt% FeO"/>
          <item value="18.0" color="#5ec962" alpha="255" label="18 wt% FeO"/>
          <item value="21.0" color="#addc30" alpha="255" label="21 wt% FeO"/>
          <item value="24.0" color="#fde725" alpha="255" label="24 wt% FeO"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
