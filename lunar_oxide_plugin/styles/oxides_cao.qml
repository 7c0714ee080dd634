<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="2" opacity="1" alphaBand="-1" nodataColor="" classificationMin="8" classificationMax="20">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="8" maximumValue="20" labelPrecision="2">
          <item value="8" color="#440154" alpha="255" label="8 wt% CaO"/>
          <item value="8.75" color="#48186a" alpha="255" label="8.75 wt% CaO"/>
          <item value="9.5" color="#472d7b" alpha="255" label="9.5 wt% CaO"/>
          <item value="10.25" color="#424086" alpha="255" label="10.25 wt% CaO"/>
          <item value="11" color="#3b528b" alpha="255" label="11 wt% CaO"/>
          <item value="11.75" color="#33638d" alpha="255" label="11.75 wt% CaO"/>
          <item value="12.5" color="#2c728e" alpha="255" label="12.5 wt% CaO"/>
          <item value="13.25" color="#26818e" alpha="255" label="13.25 wt% CaO"/>
          <item value="14" color="#21908c" alpha="255" label="14 wt% CaO"/>
          <item value="14.75" color="#1f9f88" alpha="255" label="14.75 wt% CaO"/>
          <item value="15.5" color="#28ae80" alpha="255" label="15.5 wt% CaO"/>
          <item value="16.25" color="#3ebc74" alpha="255" label="16.25 wt% CaO"/>
          <item value="17" color="#5dc963" alpha="255" label="17 wt% CaO"/>
          <item value="17.75" color="#82d34c" alpha="255" label="17.75 wt% CaO"/>
          <item value="18.5" color="#abdc32" alpha="255" label="18.5 wt% CaO"/>
          <item value="19.25" color="#d5e21a" alpha="255" label="19.25 wt% CaO"/>
          <item value="20" color="#fde725" alpha="255" label="20 wt% CaO"/>
          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" prefix="" suffix="" minimumLabel="8 wt% CaO" maximumLabel="20 wt% CaO"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
