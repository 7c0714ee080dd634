<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="3" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="24">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="24" labelPrecision="2">
          <item value="0" color="#440154" alpha="255" label="0 wt% FeO"/>
          <item value="1.5" color="#48186a" alpha="255" label="1.5 wt% FeO"/>
          <item value="3" color="#472d7b" alpha="255" label="3 wt% FeO"/>
          <item value="4.5" color="#424086" alpha="255" label="4.5 wt% FeO"/>
          <item value="6" color="#3b528b" alpha="255" label="6 wt% FeO"/>
          <item value="7.5" color="#33638d" alpha="255" label="7.5 wt% FeO"/>
          <item value="9" color="#2c728e" alpha="255" label="9 wt% FeO"/>
          <item value="10.5" color="#26818e" alpha="255" label="10.5 wt% FeO"/>
          <item value="12" color="#21908c" alpha="255" label="12 wt% FeO"/>
          <item value="13.5" color="#1f9f88" alpha="255" label="13.5 wt% FeO"/>
          <item value="15" color="#28ae80" alpha="255" label="15 wt% FeO"/>
          <item value="16.5" color="#3ebc74" alpha="255" label="16.5 wt% FeO"/>
          <item value="18" color="#5dc963" alpha="255" label="18 wt% FeO"/>
          <item value="19.5" color="#82d34c" alpha="255" label="19.5 wt% FeO"/>
          <item value="21" color="#abdc32" alpha="255" label="21 wt% FeO"/>
          <item value="22.5" color="#d5e21a" alpha="255" label="22.5 wt% FeO"/>
          <item value="24" color="#fde725" alpha="255" label="24 wt% FeO"/>
          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" prefix="" suffix="" minimumLabel="0 wt% FeO" maximumLabel="24 wt% FeO"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
