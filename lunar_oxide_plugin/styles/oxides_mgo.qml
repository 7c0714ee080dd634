<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="4" opacity="1" alphaBand="-1" nodataColor="" classificationMin="2" classificationMax="14">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="2" maximumValue="14" labelPrecision="2">
          <item value="2" color="#440154" alpha="255" label="2 wt% MgO"/>
          <item value="2.75" color="#48186a" alpha="255" label="2.75 wt% MgO"/>
          <item value="3.5" color="#472d7b" alpha="255" label="3.5 wt% MgO"/>
          <item value="4.25" color="#424086" alpha="255" label="4.25 wt% MgO"/>
          <item value="5" color="#3b528b" alpha="255" label="5 wt% MgO"/>
          <item value="5.75" color="#33638d" alpha="255" label="5.75 wt% MgO"/>
          <item value="6.5" color="#2c728e" alpha="255" label="6.5 wt% MgO"/>
          <item value="7.25" color="#26818e" alpha="255" label="7.25 wt% MgO"/>
          <item value="8" color="#21908c" alpha="255" label="8 wt% MgO"/>
          <item value="8.75" color="#1f9f88" alpha="255" label="8.75 wt% MgO"/>
          <item value="9.5" color="#28ae80" alpha="255" label="9.5 wt% MgO"/>
          <item value="10.25" color="#3ebc74" alpha="255" label="10.25 wt% MgO"/>
          <item value="11" color="#5dc963" alpha="255" label="11 wt% MgO"/>
          <item value="11.75" color="#82d34c" alpha="255" label="11.75 wt% MgO"/>
          <item value="12.5" color="#abdc32" alpha="255" label="12.5 wt% MgO"/>
          <item value="13.25" color="#d5e21a" alpha="255" label="13.25 wt% MgO"/>
          <item value="14" color="#fde725" alpha="255" label="14 wt% MgO"/>
          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" prefix="" suffix="" minimumLabel="2 wt% MgO" maximumLabel="14 wt% MgO"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
