<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="-5" classificationMax="5">
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="-5" maximumValue="5" labelPrecision="2">
          <item value="-5" color="#053061" alpha="255" label="-5 wt%"/>
          <item value="-3.75" color="#2166ac" alpha="255" label="-3.75 wt%"/>
          <item value="-2.5" color="#4393c3" alpha="255" label="-2.5 wt%"/>
          <item value="-1.25" color="#92c5de" alpha="255" label="-1.25 wt%"/>
          <item value="0" color="#f7f7f7" alpha="255" label="0 wt%"/>
          <item value="1.25" color="#f4a582" alpha="255" label="+1.25 wt%"/>
          <item value="2.5" color="#d6604d" alpha="255" label="+2.5 wt%"/>
          <item value="3.75" color="#b2182b" alpha="255" label="+3.75 wt%"/>
          <item value="5" color="#67001f" alpha="255" label="+5 wt%"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
