<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="0.2">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="0.2" labelPrecision="3">
          <item value="0" color="#440154" alpha="255" label="Mg# 1 sigma 0"/>
          <item value="0.0125" color="#48186a" alpha="255" label="Mg# 1 sigma 0.0125"/>
          <item value="0.025" color="#472d7b" alpha="255" label="Mg# 1 sigma 0.025"/>
          <item value="0.0375" color="#424086" alpha="255" label="Mg# 1 sigma 0.0375"/>
          <item value="0.05" color="#3b528b" alpha="255" label="Mg# 1 sigma 0.05"/>
          <item value="0.0625" color="#33638d" alpha="255" label="Mg# 1 sigma 0.0625"/>
          <item value="0.075" color="#2c728e" alpha="255" label="Mg# 1 sigma 0.075"/>
          <item value="0.0875" color="#26818e" alpha="255" label="Mg# 1 sigma 0.0875"/>
          <item value="0.1" color="#21908c" alpha="255" label="Mg# 1 sigma 0.1"/>
          <item value="0.1125" color="#1f9f88" alpha="255" label="Mg# 1 sigma 0.1125"/>
          <item value="0.125" color="#28ae80" alpha="255" label="Mg# 1 sigma 0.125"/>
          <item value="0.1375" color="#3ebc74" alpha="255" label="Mg# 1 sigma 0.1375"/>
          <item value="0.15" color="#5dc963" alpha="255" label="Mg# 1 sigma 0.15"/>
          <item value="0.1625" color="#82d34c" alpha="255" label="Mg# 1 sigma 0.1625"/>
          <item value="0.175" color="#abdc32" alpha="255" label="Mg# 1 sigma 0.175"/>
          <item value="0.1875" color="#d5e21a" alpha="255" label="Mg# 1 sigma 0.1875"/>
          <item value="0.2" color="#fde725" alpha="255" label="Mg# 1 sigma 0.2"/>
          <rampLegendSettings useContinuousLegend="1" direction="0" orientation="2" prefix="" suffix="" minimumLabel="Mg# 1 sigma 0" maximumLabel="Mg# 1 sigma 0.2"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
