<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Lunar Oxide Mapper -->
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <colorPalette>
        <paletteEntry value="1" color="#e8e2d4" alpha="255" label="feldspathic (FHT-like)"/>
        <paletteEntry value="2" color="#b2452f" alpha="255" label="mafic (PKT-like)"/>
        <paletteEntry value="3" color="#3f7fb5" alpha="255" label="mafic in South Pole-Aitken (SPAT-like)"/>
        <paletteEntry value="4" color="#9a9a9a" alpha="255" label="undecided"/>
      </colorPalette>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
