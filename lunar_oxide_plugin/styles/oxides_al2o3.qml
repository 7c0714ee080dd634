<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="5" classificationMax="35">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="5" maximumValue="35" labelPrecision="2">
          <item value="5" color="#440154" alpha="255" label="5 wt% Al2O3"/>
          <item value="6.875" color="#48186a" alpha="255" label="6.875 wt% Al2O3"/>
          <item value="8.75" color="#472d7b" alpha="255" label="8.75 wt% Al2O3"/>
          <item value="10.625" color="#424086" alpha="255" label="10.625 wt% Al2O3"/>
          <item value="12.5" color="#3b528b" alpha="255" label="12.5 wt% Al2O3"/>
          <item value="14.375" color="#33638d" alpha="255" label="14.375 wt% Al2O3"/>
          <item value="16.25" color="#2c728e" alpha="255" label="16.25 wt% Al2O3"/>
          <item value="18.125" color="#26818e" alpha="255" label="18.125 wt% Al2O3"/>
          <item value="20" color="#21908c" alpha="255" label="20 wt% Al2O3"/>
          <item value="21.875" color="#1f9f88" alpha="255" label="21.875 wt% Al2O3"/>
          <item value="23.75" color="#28ae80" alpha="255" label="23.75 wt% Al2O3"/>
          <item value="25.625" color="#3ebc74" alpha="255" label="25.625 wt% Al2O3"/>
          <item value="27.5" color="#5dc963" alpha="255" label="27.5 wt% Al2O3"/>
          <item value="29.375" color="#82d34c" alpha="255" label="29.375 wt% Al2O3"/>
          <item value="31.25" color="#abdc32" alpha="255" label="31.25 wt% Al2O3"/>
          <item value="33.125" color="#d5e21a" alpha="255" label="33.125 wt% Al2O3"/>
          <item value="35" color="#fde725" alpha="255" label="35 wt% Al2O3"/>
          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" prefix="" suffix="" minimumLabel="5 wt% Al2O3" maximumLabel="35 wt% Al2O3"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
