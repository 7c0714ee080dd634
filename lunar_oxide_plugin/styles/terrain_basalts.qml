<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <colorPalette>
        <paletteEntry value="1" color="#e8e2d4" alpha="255" label="highlands"/>
        <paletteEntry value="2" color="#7fc3a9" alpha="255" label="very-low-Ti mare"/>
        <paletteEntry value="3" color="#3f7fb5" alpha="255" label="low-Ti mare"/>
        <paletteEntry value="4" color="#3a1f5c" alpha="255" label="high-Ti mare"/>
      </colorPalette>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
