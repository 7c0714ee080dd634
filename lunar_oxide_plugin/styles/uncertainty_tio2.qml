<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="5" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="4">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="4" labelPrecision="2">
          <item value="0" color="#440154" alpha="255" label="0 wt% TiO2 1 sigma"/>
          <item value="0.25" color="#48186a" alpha="255" label="0.25 wt% TiO2 1 sigma"/>
          <item value="0.5" color="#472d7b" alpha="255" label="0.5 wt% TiO2 1 sigma"/>
          <item value="0.75" color="#424086" alpha="255" label="0.75 wt% TiO2 1 sigma"/>
          <item value="1" color="#3b528b" alpha="255" label="1 wt% TiO2 1 sigma"/>
          <item value="1.25" color="#33638d" alpha="255" label="1.25 wt% TiO2 1 sigma"/>
          <item value="1.5" color="#2c728e" alpha="255" label="1.5 wt% TiO2 1 sigma"/>
          <item value="1.75" color="#26818e" alpha="255" label="1.75 wt% TiO2 1 sigma"/>
          <item value="2" color="#21908c" alpha="255" label="2 wt% TiO2 1 sigma"/>
          <item value="2.25" color="#1f9f88" alpha="255" label="2.25 wt% TiO2 1 sigma"/>
          <item value="2.5" color="#28ae80" alpha="255" label="2.5 wt% TiO2 1 sigma"/>
          <item value="2.75" color="#3ebc74" alpha="255" label="2.75 wt% TiO2 1 sigma"/>
          <item value="3" color="#5dc963" alpha="255" label="3 wt% TiO2 1 sigma"/>
          <item value="3.25" color="#82d34c" alpha="255" label="3.25 wt% TiO2 1 sigma"/>
          <item value="3.5" color="#abdc32" alpha="255" label="3.5 wt% TiO2 1 sigma"/>
          <item value="3.75" color="#d5e21a" alpha="255" label="3.75 wt% TiO2 1 sigma"/>
          <item value="4" color="#fde725" alpha="255" label="4 wt% TiO2 1 sigma"/>
          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" prefix="" suffix="" minimumLabel="0 wt% TiO2 1 sigma" maximumLabel="4 wt% TiO2 1 sigma"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
