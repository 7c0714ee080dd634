<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0.3" classificationMax="0.9">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0.3" maximumValue="0.9" labelPrecision="3">
          <item value="0.3" color="#440154" alpha="255" label="Mg# 0.3"/>
          <item value="0.3375" color="#48186a" alpha="255" label="Mg# 0.3375"/>
          <item value="0.375" color="#472d7b" alpha="255" label="Mg# 0.375"/>
          <item value="0.4125" color="#424086" alpha="255" label="Mg# 0.4125"/>
          <item value="0.45" color="#3b528b" alpha="255" label="Mg# 0.45"/>
          <item value="0.4875" color="#33638d" alpha="255" label="Mg# 0.4875"/>
          <item value="0.525" color="#2c728e" alpha="255" label="Mg# 0.525"/>
          <item value="0.5625" color="#26818e" alpha="255" label="Mg# 0.5625"/>
          <item value="0.6" color="#21908c" alpha="255" label="Mg# 0.6"/>
          <item value="0.6375" color="#1f9f88" alpha="255" label="Mg# 0.6375"/>
          <item value="0.675" color="#28ae80" alpha="255" label="Mg# 0.675"/>
          <item value="0.7125" color="#3ebc74" alpha="255" label="Mg# 0.7125"/>
          <item value="0.75" color="#5dc963" alpha="255" label="Mg# 0.75"/>
          <item value="0.7875" color="#82d34c" alpha="255" label="Mg# 0.7875"/>
          <item value="0.825" color="#abdc32" alpha="255" label="Mg# 0.825"/>
          <item value="0.8625" color="#d5e21a" alpha="255" label="Mg# 0.8625"/>
          <item value="0.9" color="#fde725" alpha="255" label="Mg# 0.9"/>
          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" prefix="" suffix="" minimumLabel="Mg# 0.3" maximumLabel="Mg# 0.9 (not determined at places never sampled)"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
