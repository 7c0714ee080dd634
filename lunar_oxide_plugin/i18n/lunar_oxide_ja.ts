<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ja" sourcelanguage="en">
  <context>
    <name>LunarOxide</name>
    <message>
      <source>Check installation</source>
      <translation>インストールの確認</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>ヘルプ</translation>
    </message>
    <message>
      <source>Reports the versions in use, whether onnxruntime loads (and if not, the command that installs it), and the cards of the bundled models. On request it installs onnxruntime into this QGIS profile.</source>
      <translation>使用中のバージョン、onnxruntime が読み込めるかどうか(読み込めないときはインストール用のコマンド)、同梱モデルのモデルカードを表示します。指定すれば、この QGIS プロファイルに onnxruntime をインストールします。</translation>
    </message>
    <message>
      <source>Install onnxruntime into this profile</source>
      <translation>このプロファイルに onnxruntime をインストールする</translation>
    </message>
    <message>
      <source>Downloads the newest onnxruntime from the Python Package Index (20 MB) with pip, without dependencies, into the Python folder of the profile, where updates of the plugin keep it. A working onnxruntime is left as it is. Nothing else on the computer changes.</source>
      <translation>Python パッケージインデックスから最新の onnxruntime(20 MB)を pip で取得し、依存パッケージなしでプロファイルの Python フォルダに置きます。プラグインを更新しても残ります。使用中の onnxruntime が動作する場合はそのまま残します。コンピュータのほかの部分は変更しません。</translation>
    </message>
    <message>
      <source>Wheel of onnxruntime</source>
      <translation>onnxruntime の wheel ファイル</translation>
    </message>
    <message>
      <source>For a computer without a network connection: a file onnxruntime-...-.whl for its system and the Python version of its QGIS, downloaded from pypi.org on another computer. Used with INSTALL.</source>
      <translation>ネットワークのないコンピュータ用:対象のシステムと QGIS の Python のバージョンに合う onnxruntime-...-.whl を、別のところで pypi.org からダウンロードしたもの。INSTALL とともに使います。</translation>
    </message>
    <message>
      <source>Ready to predict</source>
      <translation>予測の準備完了</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>レポート</translation>
    </message>
    <message>
      <source>Classify terrain</source>
      <translation>地形区分の分類</translation>
    </message>
    <message>
      <source>Analysis</source>
      <translation>解析</translation>
    </message>
    <message>
      <source>Divides an oxide raster into mare and highlands, basalt types or terranes, with the mean oxides of each class beside the published ones.</source>
      <translation>酸化物ラスタを海と高地、玄武岩の種類、またはテレーンに分類し、各クラスの酸化物平均値を論文の値と並べて示します。</translation>
    </message>
    <message>
      <source>Mare and highlands are divided by FeO: at 10.6 wt%, the middle between the means of maria and highlands in Table 2 of Zhang et al. (2023, Icarus 397, 115505), at a value of your own, or where a fit says. The fit finds the two Gaussians whose mixture is likeliest for the area-weighted histogram of FeO (expectation and maximisation) and divides where both are equally probable. It is refused where FeO does not show two populations: Ashman's D below 2 (Ashman et al. 1994, Astronomical Journal 108, 2348), one of them below 1 % of the area, or no valley between them.

Basalt types divide mare by TiO2 after Neal and Taylor (1992, Geochim. Cosmochim. Acta 56, 2177): very-low-Ti below 1 wt%, low-Ti up to 6 wt%, high-Ti above.

Terranes are compositions that resemble the feldspathic highlands (FHT), Procellarum KREEP (PKT) and South Pole-Aitken (SPAT) terranes of Jolliff et al. (2000, JGR 105, 4197), not the terranes themselves: those are regions drawn from thorium, FeO and position, and no numbers of Fig. 4f of Zhang et al. are available. The rule is this project's own: feldspathic where FeO is below and Mg# above the means of the whole Moon in Table 2 (7.42 wt%, 0.675), mafic where both are on the other side, undecided where they disagree. Mafic ground inside the ellipse of the South Pole-Aitken basin (Garrick-Bethell and Zuber 2009, Icarus 204, 399: 2400 x 2050 km around 53 S 191 E) is SPAT-like, all other PKT-like, any mare outside both among it.

Means are weighted by area on the sphere. A pixel without one of the oxides that the classes need is nodata.</source>
      <translation>海と高地は FeO で分けます。境界は 10.6 wt%(Zhang et al. 2023, Icarus 397, 115505 の表 2 にある海と高地の平均値の中間)、任意の値、またはフィットによる値です。フィットは、面積で重み付けした FeO ヒストグラムに対して最も尤もらしい 2 つのガウス分布の混合を求め(EM アルゴリズム)、両者の確率が等しい値で分けます。FeO が 2 つの集団を示さない場合は実行しません。すなわち Ashman の D が 2 未満(Ashman et al. 1994, Astronomical Journal 108, 2348)、一方が面積の 1 % 未満、または間に谷がない場合です。

玄武岩の種類は、Neal and Taylor (1992, Geochim. Cosmochim. Acta 56, 2177) に従って海を TiO2 で分けます。1 wt% 未満は極低 Ti、6 wt% までは低 Ti、それを超えるものは高 Ti です。

テレーンは、Jolliff et al. (2000, JGR 105, 4197) の斜長岩質高地(FHT)、プロセラルム KREEP(PKT)、南極エイトケン(SPAT)の各テレーンに似た組成のことで、テレーンそのものではありません。テレーンはトリウム、FeO、位置から引かれた領域であり、Zhang et al. の図 4f の数値は手元にありません。規則は本プロジェクト独自のものです。FeO が表 2 の月全体の平均(7.42 wt%)より低く Mg# が平均(0.675)より高いところは斜長岩質、両方とも反対側のところは苦鉄質、両者が一致しないところは未定とします。南極エイトケン盆地の楕円(Garrick-Bethell and Zuber 2009, Icarus 204, 399:53 S 191 E を中心とする 2400 x 2050 km)の内側にある苦鉄質の地面は SPAT 様、それ以外はすべて PKT 様で、両者の外にある海もこれに含まれます。

平均は球面上の面積で重み付けします。クラスに必要な酸化物のいずれかを欠くピクセルは nodata になります。</translation>
    </message>
    <message>
      <source>Oxide raster</source>
      <translation>酸化物ラスタ</translation>
    </message>
    <message>
      <source>Oxides in wt%, such as the result of Predict oxides. FeO is needed, for basalt types TiO2 and for terranes MgO; means are given of all five.</source>
      <translation>wt% 単位の酸化物。「酸化物の予測」の結果など。FeO が必要で、玄武岩の種類には TiO2、テレーンには MgO も必要です。平均値は 5 種すべてについて示します。</translation>
    </message>
    <message>
      <source>Classes</source>
      <translation>クラス</translation>
    </message>
    <message>
      <source>Mare and highlands: by FeO. Basalt types: highlands, and very-low-Ti, low-Ti and high-Ti mare. Terranes: compositions like those of FHT, PKT and SPAT.</source>
      <translation>海と高地:FeO による。玄武岩の種類:高地と、極低 Ti・低 Ti・高 Ti の海。テレーン:FHT、PKT、SPAT に似た組成。</translation>
    </message>
    <message>
      <source>Mare and highlands (FeO)</source>
      <translation>海と高地(FeO)</translation>
    </message>
    <message>
      <source>Basalt types (TiO2 within mare)</source>
      <translation>玄武岩の種類(海の中の TiO2)</translation>
    </message>
    <message>
      <source>Terranes (Mg# and FeO)</source>
      <translation>テレーン(Mg# と FeO)</translation>
    </message>
    <message>
      <source>FeO is divided by</source>
      <translation>FeO の分け方</translation>
    </message>
    <message>
      <source>Fixed FeO: at THRESHOLD. Two-component fit: where the two populations in the raster's own FeO are equally probable; the raster must show both.</source>
      <translation>固定 FeO:THRESHOLD の値で分けます。2 成分フィット:そのラスタ自身の FeO にある 2 つの集団の確率が等しい値で分けます。ラスタに両方の集団が必要です。</translation>
    </message>
    <message>
      <source>Fixed FeO</source>
      <translation>固定 FeO</translation>
    </message>
    <message>
      <source>Two-component fit of FeO</source>
      <translation>FeO の 2 成分フィット</translation>
    </message>
    <message>
      <source>FeO threshold (wt%)</source>
      <translation>FeO のしきい値(wt%)</translation>
    </message>
    <message>
      <source>FeO from which a pixel is mare, of terranes mafic. Empty: 10.6 wt%, the middle between the means of Table 2 of Zhang et al. (2023); of terranes 7.42 wt%, its mean of the whole Moon. Not to be given with the fit.</source>
      <translation>ピクセルを海(テレーンでは苦鉄質)とみなす FeO の下限。空欄:10.6 wt%(Zhang et al. 2023 の表 2 の平均値の中間)。テレーンでは月全体の平均 7.42 wt%。フィットと同時には指定できません。</translation>
    </message>
    <message>
      <source>Mg# threshold of terranes</source>
      <translation>テレーンの Mg# のしきい値</translation>
    </message>
    <message>
      <source>Mg# (a molar fraction) below which a pixel is on the mafic side; used for terranes only. 0.675 is the mean of the whole Moon in Zhang et al. (2023).</source>
      <translation>ピクセルを苦鉄質側とみなす Mg#(モル分率)の上限。テレーンにだけ使います。0.675 は Zhang et al. (2023) の月全体の平均です。</translation>
    </message>
    <message>
      <source>FeO band</source>
      <translation>FeO のバンド</translation>
    </message>
    <message>
      <source>Empty: the band described as FeO.</source>
      <translation>空欄:説明が FeO のバンド。</translation>
    </message>
    <message>
      <source>MgO band</source>
      <translation>MgO のバンド</translation>
    </message>
    <message>
      <source>Empty: the band described as MgO.</source>
      <translation>空欄:説明が MgO のバンド。</translation>
    </message>
    <message>
      <source>TiO2 band</source>
      <translation>TiO2 のバンド</translation>
    </message>
    <message>
      <source>Empty: the band described as TiO2.</source>
      <translation>空欄:説明が TiO2 のバンド。</translation>
    </message>
    <message>
      <source>Smallest polygon (km2)</source>
      <translation>最小のポリゴン(km2)</translation>
    </message>
    <message>
      <source>For POLYGONS: connected areas below this become part of their largest neighbour, counted in pixels of the raster's mean size. Empty: all are kept.</source>
      <translation>POLYGONS 用:これより小さい連結領域は、隣接する最大の領域に含めます。面積はラスタの平均ピクセルサイズで数えます。空欄:すべて残します。</translation>
    </message>
    <message>
      <source>Terrain classes</source>
      <translation>地形クラス</translation>
    </message>
    <message>
      <source>GeoTIFF, one band of bytes: numbers of the classes from 1 on, 0 where there is none. Names and colours are in the style beside it and in its categories.</source>
      <translation>GeoTIFF、バイト型 1 バンド:1 から始まるクラス番号、該当しないところは 0。名前と色は、横に置かれるスタイルとラスタのカテゴリにあります。</translation>
    </message>
    <message>
      <source>Class polygons</source>
      <translation>クラスのポリゴン</translation>
    </message>
    <message>
      <source>GeoPackage: the connected areas of each class, with its number and name and the area on the sphere. Refused where the classes are too scattered.</source>
      <translation>GeoPackage:各クラスの連結領域。番号、名前、球面上の面積を持ちます。クラスが細かく散らばりすぎている場合は作成しません。</translation>
    </message>
    <message>
      <source>Table</source>
      <translation>表</translation>
    </message>
    <message>
      <source>Area, means and standard deviations of each class as CSV, with Table 2 beside them.</source>
      <translation>各クラスの面積、平均、標準偏差を CSV で出力し、表 2 の値を並べます。</translation>
    </message>
    <message>
      <source>The same as a page to read, with the map and the histogram of FeO.</source>
      <translation>同じ内容を読むためのページ。地図と FeO のヒストグラムが付きます。</translation>
    </message>
    <message>
      <source>Mare (% of area)</source>
      <translation>海(面積の %)</translation>
    </message>
    <message>
      <source>Compare maps</source>
      <translation>地図の比較</translation>
    </message>
    <message>
      <source>Compares an oxide map with another map, or with Lunar Prospector's measurements.</source>
      <translation>酸化物の地図を、別の地図またはルナ・プロスペクターの測定と比較します。</translation>
    </message>
    <message>
      <source>Checks a map by an independent one, as in Fig. S1 and Table 2 of Zhang et al. (2023). The finer map is averaged over the area of each pixel of the coarser one on the sphere; a pixel counts where at least half of its area is valid. Both may be in any lunar CRS. Pixels across an edge are divided there when rows and columns of both maps are parallel, as in cylindrical maps; otherwise they are cut into parts at most a quarter as large as the coarser pixel (but no more than 16 x 16), which count where their centres lie. Without REFERENCE and REFERENCE_TABLE the map is compared with the oxides of the Lunar Prospector gamma-ray spectrometer in 114 cells of 20 degrees (Prettyman et al. 2006), which requires a map of large parts of the Moon. All oxides that both have are compared, or the one chosen by OXIDE or by a band. The numbers R2, RMSE and BIAS (mean of input minus reference) belong to that one, or to the first common one in the order Al2O3, CaO, FeO, MgO, TiO2. R2 is the square of Pearson's correlation, weighted by area; TABLE and REPORT also hold the coefficient of determination against the reference, which detects a bias too, the least-squares and reduced-major-axis lines, and mare and highlands separately, by the FeO of the input where it has an FeO band.</source>
      <translation>独立した地図による検証で、Zhang et al. (2023) の図 S1 と表 2 に相当します。細かいほうの地図を、粗いほうの各ピクセルの球面上の面積にわたって平均します。面積の半分以上が有効なピクセルだけを数えます。どちらの地図も、月の CRS であれば何でもかまいません。縁にまたがるピクセルは、円筒図法のように両方の地図の行と列が平行なときはその縁で分割し、そうでないときは粗いほうのピクセルの 4 分の 1 以下(ただし 16 x 16 まで)の部分に切り、中心が入る部分を数えます。REFERENCE も REFERENCE_TABLE もない場合は、ルナ・プロスペクターのガンマ線分光計による 20 度セル 114 個の酸化物(Prettyman et al. 2006)と比較します。これには月の広い部分の地図が必要です。両方にあるすべての酸化物、または OXIDE かバンドで選んだものを比較します。数値 R2、RMSE、BIAS(入力から参照を引いた平均)は、選んだもの、または Al2O3、CaO、FeO、MgO、TiO2 の順で最初の共通のものについての値です。R2 は面積で重み付けしたピアソン相関の 2 乗です。TABLE と REPORT には、偏りも反映する参照に対する決定係数、最小二乗直線と RMA 直線、さらに入力に FeO バンドがあればそれによって分けた海と高地別の値も含まれます。</translation>
    </message>
    <message>
      <source>The map to check, in wt%, for example the result of Predict oxides.</source>
      <translation>検証する地図(wt%)。「酸化物の予測」の結果など。</translation>
    </message>
    <message>
      <source>Reference raster</source>
      <translation>参照ラスタ</translation>
    </message>
    <message>
      <source>Another map of one or more of the same oxides, in any lunar CRS and resolution.</source>
      <translation>同じ酸化物を 1 つ以上含む別の地図。月の CRS と解像度は問いません。</translation>
    </message>
    <message>
      <source>Reference table of cells</source>
      <translation>セルの参照表</translation>
    </message>
    <message>
      <source>Instead of a raster: CSV with the columns minlat, maxlat, minlon, maxlon (degrees east) and one per oxide, such as feo. If both are empty: the bundled table of Lunar Prospector.</source>
      <translation>ラスタの代わりに、minlat、maxlat、minlon、maxlon(東経、度)と、feo など酸化物ごとの列を持つ CSV。空欄で参照ラスタもない場合:同梱のルナ・プロスペクターの表。</translation>
    </message>
    <message>
      <source>Oxide</source>
      <translation>酸化物</translation>
    </message>
    <message>
      <source>The oxide to compare. Empty: all that both have, or that of a band given below.</source>
      <translation>比較する酸化物。空欄:両方にあるすべて、または下で指定したバンドのもの。</translation>
    </message>
    <message>
      <source>Al2O3</source>
      <translation>Al2O3</translation>
    </message>
    <message>
      <source>CaO</source>
      <translation>CaO</translation>
    </message>
    <message>
      <source>FeO</source>
      <translation>FeO</translation>
    </message>
    <message>
      <source>MgO</source>
      <translation>MgO</translation>
    </message>
    <message>
      <source>TiO2</source>
      <translation>TiO2</translation>
    </message>
    <message>
      <source>Input band</source>
      <translation>入力のバンド</translation>
    </message>
    <message>
      <source>The band of the oxide to compare. Empty: found by its description, such as FeO. A band without a description needs OXIDE too.</source>
      <translation>比較する酸化物のバンド。空欄:FeO などの説明から探します。説明のないバンドには OXIDE も必要です。</translation>
    </message>
    <message>
      <source>Reference band</source>
      <translation>参照のバンド</translation>
    </message>
    <message>
      <source>Unit of the reference</source>
      <translation>参照の単位</translation>
    </message>
    <message>
      <source>Unit of REFERENCE or REFERENCE_TABLE. Contents of elements (bands or columns named Fe, Ti, Al, Ca, Mg) are converted to oxides by IUPAC atomic weights: FeO = 1.2865 Fe, TiO2 = 1.6685 Ti, Al2O3 = 1.8894 Al, CaO = 1.3992 Ca, MgO = 1.6583 Mg.</source>
      <translation>REFERENCE または REFERENCE_TABLE の単位。元素の含有量(Fe、Ti、Al、Ca、Mg という名前のバンドまたは列)は IUPAC の原子量で酸化物に換算します:FeO = 1.2865 Fe、TiO2 = 1.6685 Ti、Al2O3 = 1.8894 Al、CaO = 1.3992 Ca、MgO = 1.6583 Mg。</translation>
    </message>
    <message>
      <source>wt% of the oxide</source>
      <translation>酸化物の wt%</translation>
    </message>
    <message>
      <source>weight fraction of the oxide (0-1)</source>
      <translation>酸化物の質量分率(0-1)</translation>
    </message>
    <message>
      <source>wt% of the element</source>
      <translation>元素の wt%</translation>
    </message>
    <message>
      <source>weight fraction of the element (0-1)</source>
      <translation>元素の質量分率(0-1)</translation>
    </message>
    <message>
      <source>Minimum FeO of mare (wt%)</source>
      <translation>海とみなす FeO の下限(wt%)</translation>
    </message>
    <message>
      <source>A place is mare where the FeO of the input, averaged like the oxides, is at least this, and highlands below. 10.6 is the middle between the means of both in Table 2 of Zhang et al. (2023), 15.39 and 5.81.</source>
      <translation>酸化物と同じように平均した入力の FeO がこの値以上なら海、未満なら高地です。10.6 は Zhang et al. (2023) の表 2 にある両者の平均 15.39 と 5.81 の中間です。</translation>
    </message>
    <message>
      <source>Difference</source>
      <translation>差</translation>
    </message>
    <message>
      <source>Input minus reference in wt%, on the pixels of the coarser map: GeoTIFF, one band per oxide. Only with a reference raster.</source>
      <translation>入力から参照を引いた値(wt%)を粗いほうのピクセルで示します:GeoTIFF、酸化物ごとに 1 バンド。参照ラスタがある場合だけです。</translation>
    </message>
    <message>
      <source>The numbers as CSV, one row per oxide and class.</source>
      <translation>数値の CSV。酸化物とクラスごとに 1 行です。</translation>
    </message>
    <message>
      <source>A page with scatter plots, histograms and maps of the differences.</source>
      <translation>散布図、ヒストグラム、差の地図が付いた、読むためのページ。</translation>
    </message>
    <message>
      <source>R2</source>
      <translation>R2</translation>
    </message>
    <message>
      <source>RMSE (wt%)</source>
      <translation>RMSE(wt%)</translation>
    </message>
    <message>
      <source>Bias (wt%)</source>
      <translation>バイアス(wt%)</translation>
    </message>
    <message>
      <source>Compare with a reference map</source>
      <translation>参照地図との比較</translation>
    </message>
    <message>
      <source>Workflows</source>
      <translation>ワークフロー</translation>
    </message>
    <message>
      <source>From an MI tile to its comparison with a reference map: Predict oxides and Compare maps in one step.</source>
      <translation>MI タイルから参照地図との比較まで:「酸化物の予測」と「地図の比較」を一度に行います。</translation>
    </message>
    <message>
      <source>MI raster</source>
      <translation>MI ラスタ</translation>
    </message>
    <message>
      <source>A tile's label (.lbl), or a raster of eight bands.</source>
      <translation>タイルのラベル(.lbl)、または 8 バンドのラスタ。</translation>
    </message>
    <message>
      <source>Another map of one or more of the oxides, in any lunar CRS. Empty: the bundled table of Lunar Prospector, whose cells of 20 degrees need a mosaic.</source>
      <translation>酸化物を 1 つ以上含む別の地図。月の CRS と解像度は問いません。空欄:同梱のルナ・プロスペクターの表。そのセルは 20 度なので、モザイクが必要です。</translation>
    </message>
    <message>
      <source>What the reference holds.</source>
      <translation>参照が持つ量。</translation>
    </message>
    <message>
      <source>Oxides</source>
      <translation>酸化物</translation>
    </message>
    <message>
      <source>GeoTIFF, five bands in wt%: Al2O3, CaO, FeO, MgO, TiO2.</source>
      <translation>GeoTIFF、5 バンド、wt%:Al2O3、CaO、FeO、MgO、TiO2。</translation>
    </message>
    <message>
      <source>Synthetic demo scene</source>
      <translation>合成デモシーン</translation>
    </message>
    <message>
      <source>Data</source>
      <translation>データ</translation>
    </message>
    <message>
      <source>Writes a SYNTHETIC MI MAP tile in the archive's own format, with polygons of its units.</source>
      <translation>アーカイブと同じ形式の合成(SYNTHETIC)MI MAP タイルと、そのユニットのポリゴンを書き出します。</translation>
    </message>
    <message>
      <source>To try the plugin without downloading anything. The spectra are mixtures of real MI spectra of sample sites, chosen so that the units' oxides come near Tables 5 and 6 of Zhang et al. (2023); shapes, relief and noise are invented. No number made from it says anything about the Moon. The real tiles of the same places are MI_MAP_03_N44E310N43E311SC (Mairan) and MI_MAP_03_N09E019N08E020SC (Sosigenes).</source>
      <translation>何もダウンロードせずにプラグインを試すためのものです。スペクトルは試料採取地点の実際の MI スペクトルの混合で、ユニットの酸化物が Zhang et al. (2023) の表 5 と表 6 に近くなるように選んであります。形、起伏、ノイズは架空のものです。ここから得られる数値は月について何も語りません。同じ場所の実際のタイルは MI_MAP_03_N44E310N43E311SC(Mairan)と MI_MAP_03_N09E019N08E020SC(Sosigenes)です。</translation>
    </message>
    <message>
      <source>Scene</source>
      <translation>シーン</translation>
    </message>
    <message>
      <source>Mairan: domes between mare and highlands. Sosigenes: an irregular mare patch.</source>
      <translation>Mairan:海と高地の間のドーム。Sosigenes:不規則な海の斑点(IMP)。</translation>
    </message>
    <message>
      <source>Mairan</source>
      <translation>Mairan</translation>
    </message>
    <message>
      <source>Sosigenes</source>
      <translation>Sosigenes</translation>
    </message>
    <message>
      <source>Synthetic MI MAP label</source>
      <translation>合成 MI MAP ラベル</translation>
    </message>
    <message>
      <source>The tile's label (.lbl). Its image (88 MiB) is written beside it, with SYNTHETIC in its name.</source>
      <translation>タイルのラベル(.lbl)。画像(88 MiB)はその横に書き出され、名前に SYNTHETIC が入ります。</translation>
    </message>
    <message>
      <source>Units of the scene</source>
      <translation>シーンのユニット</translation>
    </message>
    <message>
      <source>GeoPackage with the units' polygons and, in the field unit, their names.</source>
      <translation>ユニットのポリゴンと、フィールド unit にその名前を持つ GeoPackage。</translation>
    </message>
    <message>
      <source>FeO and TiO2 by band ratios</source>
      <translation>バンド比による FeO と TiO2</translation>
    </message>
    <message>
      <source>Computes FeO, TiO2 and optical maturity from reflectance at 415, 750 and 950 nm.</source>
      <translation>415、750、950 nm の反射率から FeO、TiO2、光学的成熟度を計算します。</translation>
    </message>
    <message>
      <source>Angles in a plot of R950/R750 and R415/R750 over R750, around an origin. For Kaguya MI: Otake et al. (2012, LPSC 43, 1905), FeO and TiO2, with constants fitted again to 38 sites, or as published (quoted from memory). For Clementine UVVIS: Lucey et al. (2000, JGR 105, 20297 and 20377), FeO, TiO2 and OMAT; Wilcox et al. (2005, JGR 110, E11001), FeO, for maria only. Reflectance of the two instruments is not interchangeable: at 44 sites MI is 0.50 to 0.73 of Clementine at 750 nm. TiO2 by Otake is far too high at Luna 16 and 24, FeO too low at Chang'E-5; scores are in training/reports/empirical.md. A value is nodata where its angle is not defined, as in pixels darker than the origin.</source>
      <translation>R750 に対する R950/R750 と R415/R750 の図における、原点のまわりの角度を使います。かぐや MI 用:Otake et al. (2012, LPSC 43, 1905) の FeO と TiO2。定数は 38 地点に合わせ直したもの、または発表されたもの(記憶による引用)です。クレメンタイン UVVIS 用:Lucey et al. (2000, JGR 105, 20297 and 20377) の FeO、TiO2、OMAT、および Wilcox et al. (2005, JGR 110, E11001) の FeO(海のみ)。2 つの装置の反射率は互換ではありません。44 地点で、750 nm の MI はクレメンタインの 0.50 から 0.73 倍です。Otake の TiO2 はルナ 16 号と 24 号で高すぎ、FeO は嫦娥 5 号で低すぎます。成績は training/reports/empirical.md にあります。原点より暗いピクセルのように角度が定義されないところは nodata です。</translation>
    </message>
    <message>
      <source>Reflectance raster</source>
      <translation>反射率ラスタ</translation>
    </message>
    <message>
      <source>For methods 0 and 1 an MI MAP label (.lbl), or any raster with the eight MI bands as DN or reflectance. For methods 2 and 3 Clementine UVVIS reflectance with bands of 415, 750 and 950 nm.</source>
      <translation>方法 0 と 1:MI MAP ラベル(.lbl)、または MI の 8 バンドを DN か反射率で持つ任意のラスタ。方法 2 と 3:415、750、950 nm のバンドを持つクレメンタイン UVVIS の反射率。</translation>
    </message>
    <message>
      <source>Method</source>
      <translation>方法</translation>
    </message>
    <message>
      <source>The equations, their constants, and thereby the instrument.</source>
      <translation>式とその定数、そしてそれによって決まる装置。</translation>
    </message>
    <message>
      <source>Otake 2012, refitted on 38 MI sites</source>
      <translation>Otake 2012、MI の 38 地点で再フィット</translation>
    </message>
    <message>
      <source>Otake 2012, published constants</source>
      <translation>Otake 2012、発表された定数</translation>
    </message>
    <message>
      <source>Lucey 2000 (Clementine UVVIS)</source>
      <translation>Lucey 2000(クレメンタイン UVVIS)</translation>
    </message>
    <message>
      <source>Wilcox 2005 (Clementine UVVIS)</source>
      <translation>Wilcox 2005(クレメンタイン UVVIS)</translation>
    </message>
    <message>
      <source>Band numbers</source>
      <translation>バンド番号</translation>
    </message>
    <message>
      <source>Eight band numbers for 415 750 900 950 1001 1050 1250 1550 nm, in this order, for example 1,2,3,4,5,7,8,9. Empty: found by the wavelengths in the file. For methods 2 and 3: three numbers, for 415 750 950 nm.</source>
      <translation>415 750 900 950 1001 1050 1250 1550 nm の 8 つのバンド番号をこの順で。例:1,2,3,4,5,7,8,9。空欄:ファイル内の波長から探します。方法 2 と 3 では 415 750 950 nm の 3 つの番号。</translation>
    </message>
    <message>
      <source>Scale factor</source>
      <translation>スケール係数</translation>
    </message>
    <message>
      <source>Reflectance per stored value, for example 0.00002 for MI DN. Empty: from the file.</source>
      <translation>格納値 1 あたりの反射率。例えば MI の DN では 0.00002。空欄:ファイルに従います。</translation>
    </message>
    <message>
      <source>Mask shadow</source>
      <translation>影をマスクする</translation>
    </message>
    <message>
      <source>Pixels in shadow (any band at or below reflectance 0.01, or the label's own limit) become nodata.</source>
      <translation>影の中のピクセル(いずれかのバンドが反射率 0.01 以下、またはラベル自身の限界以下)を nodata にします。</translation>
    </message>
    <message>
      <source>Storage</source>
      <translation>格納形式</translation>
    </message>
    <message>
      <source>What the files hold. Float32, lossless: values as computed, compressed by ZSTD where QGIS's GDAL has it, which some older software cannot read. Float32, DEFLATE: the same, for any software. Float32, LERC: about half the size, with errors of at most 0.001 wt% (with OMAT: 0.0001); not all software reads it.</source>
      <translation>ファイルの中身。Float32(可逆):計算値のまま。QGIS の GDAL に ZSTD があればそれで圧縮し、古いソフトウェアには読めないものがあります。Float32(DEFLATE):同じ値で、どのソフトウェアでも読めます。Float32(LERC):約半分の大きさ、誤差は最大 0.001 wt%(OMAT では 0.0001)。すべてのソフトウェアが読めるわけではありません。</translation>
    </message>
    <message>
      <source>Float32, lossless</source>
      <translation>Float32、可逆</translation>
    </message>
    <message>
      <source>Float32, DEFLATE</source>
      <translation>Float32、DEFLATE</translation>
    </message>
    <message>
      <source>Float32, LERC</source>
      <translation>Float32、LERC</translation>
    </message>
    <message>
      <source>Layout</source>
      <translation>レイアウト</translation>
    </message>
    <message>
      <source>How the files are laid out. Overviews, smaller copies inside the file, show large maps faster, for a third more of size. A cloud-optimised GeoTIFF has them too, in the order that servers are read in; writing it needs room for the file twice.</source>
      <translation>ファイルの配置。オーバービュー(ファイル内の小さなコピー)は大きな地図の表示を速くしますが、大きさが 3 分の 1 増えます。クラウド最適化 GeoTIFF もオーバービューを持ち、サーバーから読む順に並びます。書き出すにはファイル 2 つ分の空きが必要です。</translation>
    </message>
    <message>
      <source>GeoTIFF</source>
      <translation>GeoTIFF</translation>
    </message>
    <message>
      <source>GeoTIFF with overviews</source>
      <translation>オーバービュー付き GeoTIFF</translation>
    </message>
    <message>
      <source>Cloud-optimised GeoTIFF</source>
      <translation>クラウド最適化 GeoTIFF</translation>
    </message>
    <message>
      <source>FeO and TiO2</source>
      <translation>FeO と TiO2</translation>
    </message>
    <message>
      <source>GeoTIFF: FeO and TiO2 in wt%, by Lucey 2000 OMAT as well, by Wilcox 2005 FeO alone.</source>
      <translation>GeoTIFF:FeO と TiO2(wt%)。Lucey 2000 では OMAT も。Wilcox 2005 では FeO のみ。</translation>
    </message>
    <message>
      <source>Valid pixels</source>
      <translation>有効ピクセル数</translation>
    </message>
    <message>
      <source>Ground-truth sites</source>
      <translation>グラウンドトゥルース地点</translation>
    </message>
    <message>
      <source>Writes the 40 sample sites of Zhang et al. (2023) with their chemistry as points.</source>
      <translation>Zhang et al. (2023) の 40 の試料採取地点を、化学組成とともに点として書き出します。</translation>
    </message>
    <message>
      <source>Table 1 of the paper (Icarus 397, 115505): Al2O3, CaO, FeO, MgO and TiO2 in wt% of soils of Apollo, Luna, Chang'E-3 and Chang'E-5, with Mg#. Positions are in two frames. Landers (frame LRO) are accurate to some tens of metres. Stations (frame Clementine) may be kilometres off: find the place on an image before you read a pixel there. Two stations of Apollo 16 share a latitude that is probably wrong, and Apollo17S4 has no position; it is in the table without a geometry. Fields of each site say so.</source>
      <translation>論文(Icarus 397, 115505)の表 1:アポロ、ルナ、嫦娥 3 号、嫦娥 5 号の土壌の Al2O3、CaO、FeO、MgO、TiO2(wt%)と Mg#。位置は 2 つの座標系によります。着陸機(座標系 LRO)は数十 m の精度です。ステーション(座標系 Clementine)は数 km ずれていることがあります。そこのピクセルを読む前に、画像で場所を確かめてください。アポロ 16 号の 2 つのステーションの緯度は同じで、おそらく誤りです。Apollo17S4 には位置がなく、ジオメトリなしで表に入っています。フィールドに地点ごとの説明があります。</translation>
    </message>
    <message>
      <source>GeoPackage with a point per site, its chemistry, and the sources of both.</source>
      <translation>地点ごとに 1 点の GeoPackage。化学組成と、その両方の出典を持ちます。</translation>
    </message>
    <message>
      <source>Import MI MAP tiles</source>
      <translation>MI MAP タイルのインポート</translation>
    </message>
    <message>
      <source>Reads one or more Kaguya MI MAP tiles and writes their reflectance as one 8-band raster on the Moon.</source>
      <translation>かぐや MI MAP タイルを 1 枚以上読み、反射率を月の 8 バンドラスタ 1 つに書き出します。</translation>
    </message>
    <message>
      <source>The bands are 415, 750, 900, 950, 1001, 1050, 1250 and 1550 nm; the second micron band of the archive (MN1, 1000 nm) is left out. A pixel with one of MI's invalid codes in any band becomes nodata in all bands. Longitudes run from 180 W to 180 E, and on beyond where tiles lie on both sides. Where tiles overlap, the first one with a valid pixel is taken: those of INPUT in their order, then those of FOLDER, version 3 before 2 before strips, by name. Importing is not needed before predicting: Predict oxides reads a label directly.</source>
      <translation>バンドは 415、750、900、950、1001、1050、1250、1550 nm です。アーカイブの 2 つ目の 1 ミクロンバンド(MN1、1000 nm)は使いません。いずれかのバンドが MI の無効コードであるピクセルは、全バンドで nodata になります。経度は 180 W から 180 E までで、両側にタイルがあるところではその先に続きます。タイルが重なるところでは、有効なピクセルを持つ最初のものを採ります。INPUT の順、次に FOLDER のもの(名前により、バージョン 3、2、ストリップの順)です。予測の前にインポートする必要はありません。「酸化物の予測」はラベルを直接読みます。</translation>
    </message>
    <message>
      <source>MI MAP labels or rasters</source>
      <translation>MI MAP ラベルまたはラスタ</translation>
    </message>
    <message>
      <source>The .lbl files of the tiles (each with its .img beside it), archives (.zip, .tar) of tiles, MI rasters in any format GDAL reads, or files of one wavelength each: those on the same pixels are put together. INPUT or FOLDER or both are needed.</source>
      <translation>タイルの .lbl ファイル(それぞれ横に .img があるもの)、タイルのアーカイブ(.zip、.tar)、GDAL が読める形式の MI ラスタ、または 1 波長ごとのファイル。同じピクセル上にあるものは 1 つにまとめます。INPUT か FOLDER、または両方が必要です。</translation>
    </message>
    <message>
      <source>Folder of MI products</source>
      <translation>MI プロダクトのフォルダ</translation>
    </message>
    <message>
      <source>MI products in this folder and the folders in it are found by the archive's names (MI_MAP_03_*, MI_MAP_02_*, MIA_3C5_03_*). With an extent, only tiles whose names lie in it are opened.</source>
      <translation>このフォルダとその下のフォルダにある MI プロダクトを、アーカイブの名前(MI_MAP_03_*、MI_MAP_02_*、MIA_3C5_03_*)で探します。範囲を指定すると、名前がその中にあるタイルだけを開きます。</translation>
    </message>
    <message>
      <source>Extent</source>
      <translation>範囲</translation>
    </message>
    <message>
      <source>Only this part is written, in whole pixels. It may lie across 180 degrees, as 179 to 181, and be at most 360 degrees wide. Empty: everything.</source>
      <translation>この部分だけを、ピクセル単位で書き出します。179 から 181 のように 180 度をまたいでもよく、幅は最大 360 度です。空欄:すべて。</translation>
    </message>
    <message>
      <source>Pixels per degree</source>
      <translation>1 度あたりのピクセル数</translation>
    </message>
    <message>
      <source>The tiles have 2048 (15 m); 512 are the 59 m of global mosaics. Each pixel is the mean over the valid part of its area, and nodata when less than half of its area is valid. Empty: the tiles' own pixels.</source>
      <translation>タイルは 2048(15 m)です。512 は全球モザイクの 59 m にあたります。各ピクセルは面積のうち有効な部分の平均で、有効な面積が半分未満なら nodata です。空欄:タイル自身のピクセル。</translation>
    </message>
    <message>
      <source>Eight band numbers for 415 750 900 950 1001 1050 1250 1550 nm, in this order, for example 1,2,3,4,5,7,8,9. Empty: found by the wavelengths in the file.</source>
      <translation>415 750 900 950 1001 1050 1250 1550 nm の 8 つのバンド番号をこの順で。例:1,2,3,4,5,7,8,9。空欄:ファイル内の波長から探します。</translation>
    </message>
    <message>
      <source>Reflectance</source>
      <translation>反射率</translation>
    </message>
    <message>
      <source>GeoTIFF, Float32, eight bands, with overviews. With a name ending in .vrt: a small file that refers to the tiles and holds the DN as they are; the tiles have to stay where they are, and shadow is masked when the plugin reads it.</source>
      <translation>GeoTIFF、Float32、8 バンド、オーバービュー付き。名前が .vrt で終わる場合:タイルを参照し、DN をそのまま持つ小さなファイル。タイルは元の場所に置いたままにしてください。影はプラグインが読むときにマスクされます。</translation>
    </message>
    <message>
      <source>Mare and highland means</source>
      <translation>海と高地の平均</translation>
    </message>
    <message>
      <source>From an MI tile to the means of mare and highlands beside the paper's Table 2: Predict oxides and Classify terrain in one step.</source>
      <translation>MI タイルから、論文の表 2 と並べた海と高地の平均まで:「酸化物の予測」と「地形区分の分類」を一度に行います。</translation>
    </message>
    <message>
      <source>How mare and highlands are divided by FeO.</source>
      <translation>海と高地を FeO で分ける方法。</translation>
    </message>
    <message>
      <source>Polygons</source>
      <translation>ポリゴン</translation>
    </message>
    <message>
      <source>Mg number</source>
      <translation>Mg 数</translation>
    </message>
    <message>
      <source>Computes Mg#, the molar fraction Mg / (Mg + Fe), from the MgO and FeO of a raster.</source>
      <translation>ラスタの MgO と FeO から、モル分率 Mg / (Mg + Fe) である Mg# を計算します。</translation>
    </message>
    <message>
      <source>Mg# = (MgO/40.304) / (MgO/40.304 + FeO/71.844), with MgO and FeO in wt%. Where either is negative, or both are zero, Mg# is not defined and becomes nodata. The number MEAN is weighted by the pixels' areas on the sphere. Zhang et al. (2023) give means of 0.675 for the whole Moon, 0.527 for the maria and 0.705 for the highlands. With the model's uncertainty of MgO and FeO, that of Mg# follows by first-order error propagation (JCGM 100:2008, eq. 13): Mg# (1 - Mg#) times the root of a^2 + b^2 - 2 r a b, where a and b are the relative uncertainties of MgO and FeO and r is the correlation of the model's errors in both. r is taken from the metadata of the uncertainty raster; without it, it is 0. The log says which. Where the uncertainties are not small against the contents, it is a rough number: Mg# ends at 0 and 1, the uncertainty does not. MgO, and with it Mg#, is not determined by the bundled models at places that were never sampled, beyond the contrast of mare and highlands.</source>
      <translation>Mg# = (MgO/40.304) / (MgO/40.304 + FeO/71.844)、MgO と FeO は wt%。いずれかが負のとき、または両方がゼロのとき、Mg# は定義されず nodata になります。数値 MEAN は球面上のピクセル面積で重み付けした平均です。Zhang et al. (2023) の平均は、月全体で 0.675、海で 0.527、高地で 0.705 です。MgO と FeO のモデル不確かさがあれば、Mg# の不確かさは一次の誤差伝播(JCGM 100:2008、式 13)から求めます:Mg# (1 - Mg#) に a^2 + b^2 - 2 r a b の平方根を掛けたもの。a と b は MgO と FeO の相対不確かさ、r は両者におけるモデル誤差の相関です。r は不確かさラスタのメタデータから取り、なければ 0 とします。どちらかはログに示します。不確かさが含有量に比べて小さくないところでは、おおよその値です。Mg# は 0 と 1 で終わりますが、不確かさは終わりません。試料が採取されたことのない場所では、同梱モデルの MgO、したがって Mg# は、海と高地の違い以上には決まりません。</translation>
    </message>
    <message>
      <source>A raster with MgO and FeO in wt%, such as the result of Predict oxides.</source>
      <translation>MgO と FeO(wt%)を持つラスタ。「酸化物の予測」の結果など。</translation>
    </message>
    <message>
      <source>Uncertainty raster</source>
      <translation>不確かさラスタ</translation>
    </message>
    <message>
      <source>1 sigma of MgO and FeO in wt% (bands described as MgO 1 sigma and FeO 1 sigma), on the same pixels: the result Uncertainty of the same run of Predict oxides. Needed for the uncertainty of Mg#.</source>
      <translation>MgO と FeO の 1 シグマ(wt%、説明が MgO 1 sigma と FeO 1 sigma のバンド)、同じピクセル上のもの:「酸化物の予測」の同じ実行の結果「不確かさ」。Mg# の不確かさに必要です。</translation>
    </message>
    <message>
      <source>What the files hold. Float32, lossless: values as computed, compressed by ZSTD where QGIS's GDAL has it, which some older software cannot read. Float32, DEFLATE: the same, for any software. Float32, LERC: about half the size, with errors of at most 0.00002 (uncertainty: 0.0001); not all software reads it. UInt16, scaled: whole numbers of these, about half the size, off by at most half of them; for software that applies the scale of a band, as QGIS does. Nodata is 65535. An uncertainty above 6.5534 is refused.</source>
      <translation>ファイルの中身。Float32(可逆):計算値のまま。QGIS の GDAL に ZSTD があればそれで圧縮し、古いソフトウェアには読めないものがあります。Float32(DEFLATE):同じ値で、どのソフトウェアでも読めます。Float32(LERC):約半分の大きさ、誤差は最大 0.00002(不確かさ:0.0001)。すべてのソフトウェアが読めるわけではありません。UInt16(スケール付き):これらの値の整数倍、約半分の大きさで、ずれは最大でその半分。QGIS のようにバンドのスケールを適用するソフトウェア用です。nodata は 65535。6.5534 を超える不確かさがあれば実行しません。</translation>
    </message>
    <message>
      <source>UInt16, scaled</source>
      <translation>UInt16、スケール付き</translation>
    </message>
    <message>
      <source>GeoTIFF, one band: a molar fraction.</source>
      <translation>GeoTIFF、1 バンド:モル分率。</translation>
    </message>
    <message>
      <source>Uncertainty of Mg number</source>
      <translation>Mg 数の不確かさ</translation>
    </message>
    <message>
      <source>One standard deviation of Mg#: GeoTIFF, one band.</source>
      <translation>Mg# の標準偏差 1 つ分:GeoTIFF、1 バンド。</translation>
    </message>
    <message>
      <source>Mean Mg number</source>
      <translation>Mg 数の平均</translation>
    </message>
    <message>
      <source>Oxide histograms</source>
      <translation>酸化物ヒストグラム</translation>
    </message>
    <message>
      <source>Histograms of every oxide and of Mg# in per cent of the area, of one or several rasters, with their modes beside published means.</source>
      <translation>1 つまたは複数のラスタの、各酸化物と Mg# のヒストグラムを面積の百分率で示し、最頻値を論文の平均値と並べます。</translation>
    </message>
    <message>
      <source>After Fig. 5 of Zhang et al. (2023, Icarus 397, 115505): per cent of the valid area in each bin, on a logarithmic axis. Pixels are weighted by their areas on the sphere, so that rasters of any projection and resolution can be compared. Bins are the same for every raster; values below and above them are counted too. Mg# is taken from a band of that name, or computed from MgO and FeO pixel by pixel. Modes are the peaks of the histogram, smoothed by a Gaussian of 2 bins, beside which it falls by at least 20 % of their height before it rises to a higher peak, and by more than expected by chance (5 standard deviations). Each holds at least 2 % of the area; at most 5 are listed, the highest always. The published means are those of Table 2 of the paper.</source>
      <translation>Zhang et al. (2023, Icarus 397, 115505) の図 5 にならい、各ビンに入る有効面積の百分率を対数軸で示します。ピクセルは球面上の面積で重み付けするので、どの図法と解像度のラスタでも比較できます。ビンはすべてのラスタで同じで、範囲外は下と上に分けて数えます。Mg# はその名前のバンドから取るか、MgO と FeO からピクセルごとに計算します。最頻値は、2 ビン幅のガウス曲線で平滑化したヒストグラムの峰で、より高い峰に向かって上がる前に高さの 20 % 以上、かつ偶然で説明できる量(標準偏差の 5 倍)以上に下がるものです。それぞれ面積の 2 % 以上を占め、最大 5 つを示します。最も高いものは必ず示します。論文の平均値は表 2 のものです。</translation>
    </message>
    <message>
      <source>Oxide rasters</source>
      <translation>酸化物ラスタ</translation>
    </message>
    <message>
      <source>One or several rasters, for example results of Predict oxides or Mg number. Bands described as Al2O3, CaO, FeO, MgO, TiO2 (in wt%) or Mg# are used.</source>
      <translation>1 つまたは複数のラスタ。「酸化物の予測」や「Mg 数」の結果など。説明が Al2O3、CaO、FeO、MgO、TiO2(wt%)または Mg# のバンドを使います。</translation>
    </message>
    <message>
      <source>A page with the figure, means, modes and published means.</source>
      <translation>図、平均、最頻値、論文の平均値のページ。</translation>
    </message>
    <message>
      <source>The histograms as CSV: one row per raster, oxide and bin.</source>
      <translation>ヒストグラムの CSV:ラスタ、酸化物、ビンごとに 1 行。</translation>
    </message>
    <message>
      <source>Oxide RGB composite</source>
      <translation>酸化物 RGB 合成</translation>
    </message>
    <message>
      <source>Makes a colour composite of three oxides, by default FeO, MgO and Al2O3.</source>
      <translation>3 つの酸化物のカラー合成を作ります。既定は FeO、MgO、Al2O3。</translation>
    </message>
    <message>
      <source>Each band is stretched linearly between two limits, which are kept in the result's metadata; nodata is transparent. The Mairan and Sosigenes stretches are those of Figs. 8 and 9 of Zhang et al. (2023), for FeO, MgO and Al2O3, so that a map can be compared with theirs. The fixed scales are those of the single oxides' maps: all composites made with them can be compared with each other.</source>
      <translation>各バンドを 2 つの限界の間で線形に引き伸ばします。限界は結果のメタデータに残り、nodata は透明です。Mairan と Sosigenes の引き伸ばしは Zhang et al. (2023) の図 8 と図 9 の FeO、MgO、Al2O3 のもので、論文の図と比較できます。固定スケールは各酸化物の地図と同じもので、これで作った合成はすべて互いに比較できます。</translation>
    </message>
    <message>
      <source>Such as the result of Predict oxides.</source>
      <translation>「酸化物の予測」の結果など。</translation>
    </message>
    <message>
      <source>Red band</source>
      <translation>赤のバンド</translation>
    </message>
    <message>
      <source>Green band</source>
      <translation>緑のバンド</translation>
    </message>
    <message>
      <source>Blue band</source>
      <translation>青のバンド</translation>
    </message>
    <message>
      <source>Empty: the band described as Al2O3.</source>
      <translation>空欄:説明が Al2O3 のバンド。</translation>
    </message>
    <message>
      <source>Stretch</source>
      <translation>引き伸ばし</translation>
    </message>
    <message>
      <source>How values become colours. The first two are computed from all valid pixels.</source>
      <translation>値を色にする方法。最初の 2 つは、すべての有効ピクセルから計算します。</translation>
    </message>
    <message>
      <source>Percentiles 2-98</source>
      <translation>パーセンタイル 2-98</translation>
    </message>
    <message>
      <source>Minimum to maximum</source>
      <translation>最小から最大</translation>
    </message>
    <message>
      <source>Mairan domes (Zhang et al. 2023, Fig. 8)</source>
      <translation>Mairan ドーム(Zhang et al. 2023、図 8)</translation>
    </message>
    <message>
      <source>Sosigenes (Zhang et al. 2023, Fig. 9)</source>
      <translation>Sosigenes(Zhang et al. 2023、図 9)</translation>
    </message>
    <message>
      <source>Custom limits</source>
      <translation>任意の限界</translation>
    </message>
    <message>
      <source>Fixed scales of the oxide maps</source>
      <translation>酸化物地図の固定スケール</translation>
    </message>
    <message>
      <source>Six numbers for Custom limits: lower and upper for red, green and blue, for example 0,25,4,12,8,30.</source>
      <translation>「任意の限界」用の 6 つの数:赤、緑、青の下限と上限。例:0,25,4,12,8,30。</translation>
    </message>
    <message>
      <source>RGB composite</source>
      <translation>RGB 合成</translation>
    </message>
    <message>
      <source>GeoTIFF, Byte, four bands: red, green, blue, alpha.</source>
      <translation>GeoTIFF、バイト型、4 バンド:赤、緑、青、アルファ。</translation>
    </message>
    <message>
      <source>Legend</source>
      <translation>凡例</translation>
    </message>
    <message>
      <source>An image of the colours: a triangle with the three oxides at its corners, and the limits of each.</source>
      <translation>色の画像:頂点に 3 つの酸化物を置いた三角形と、それぞれの限界。</translation>
    </message>
    <message>
      <source>Oxide maps and unit statistics</source>
      <translation>酸化物地図とユニット統計</translation>
    </message>
    <message>
      <source>From an MI raster and polygons to oxides, Mg number, RGB composite and unit statistics: Predict oxides, Mg number, Oxide RGB composite and Unit statistics in one step. When the uncertainty or the domain distance is written, the means of the units come with them.</source>
      <translation>MI ラスタとポリゴンから、酸化物、Mg 数、RGB 合成、ユニット統計まで:「酸化物の予測」「Mg 数」「酸化物 RGB 合成」「ユニット統計」を一度に行います。不確かさまたはドメイン距離を書き出す場合は、ユニットの平均にそれらも付きます。</translation>
    </message>
    <message>
      <source>An MI MAP label (.lbl), or any raster with the eight MI bands as DN or reflectance.</source>
      <translation>MI MAP ラベル(.lbl)、または MI の 8 バンドを DN か反射率で持つ任意のラスタ。</translation>
    </message>
    <message>
      <source>Units (polygons)</source>
      <translation>ユニット(ポリゴン)</translation>
    </message>
    <message>
      <source>Polygons of the geological units in a lunar CRS.</source>
      <translation>月の CRS にある地質ユニットのポリゴン。</translation>
    </message>
    <message>
      <source>Name field</source>
      <translation>名前のフィールド</translation>
    </message>
    <message>
      <source>The field with the names of the units. Empty: the units are numbered.</source>
      <translation>ユニットの名前を持つフィールド。空欄:番号を付けます。</translation>
    </message>
    <message>
      <source>RGB stretch</source>
      <translation>RGB の引き伸ばし</translation>
    </message>
    <message>
      <source>How FeO, MgO and Al2O3 become red, green and blue.</source>
      <translation>FeO、MgO、Al2O3 を赤、緑、青にする方法。</translation>
    </message>
    <message>
      <source>MgNumber</source>
      <translation>Mg 数</translation>
    </message>
    <message>
      <source>Domain</source>
      <translation>ドメイン</translation>
    </message>
    <message>
      <source>Distance of each spectrum from the training sites: up to 1 is inside the domain.</source>
      <translation>各スペクトルの訓練地点からの距離:1 以下はドメインの内側です。</translation>
    </message>
    <message>
      <source>Uncertainty</source>
      <translation>不確かさ</translation>
    </message>
    <message>
      <source>One standard deviation of each oxide in wt%, five bands.</source>
      <translation>各酸化物の標準偏差 1 つ分(wt%)、5 バンド。</translation>
    </message>
    <message>
      <source>RGB</source>
      <translation>RGB</translation>
    </message>
    <message>
      <source>A page to read and print: map, means, box plots, scatter plots, separation of units, and how the statistics were made.</source>
      <translation>統計を読み、印刷するためのページ:地図、平均、箱ひげ図、散布図、ユニット間の分離、そしてすべての出どころ。</translation>
    </message>
    <message>
      <source>The statistics as CSV, means first.</source>
      <translation>統計の CSV。平均が先に来ます。</translation>
    </message>
    <message>
      <source>Units</source>
      <translation>ユニット</translation>
    </message>
    <message>
      <source>GeoPackage: the polygons with a column per oxide and statistic.</source>
      <translation>GeoPackage:ポリゴンと、酸化物と統計量ごとの列。</translation>
    </message>
    <message>
      <source>Predict oxides</source>
      <translation>酸化物の予測</translation>
    </message>
    <message>
      <source>Predicts Al2O3, CaO, FeO, MgO and TiO2 in wt% from Kaguya MI reflectance.</source>
      <translation>かぐや MI の反射率から Al2O3、CaO、FeO、MgO、TiO2(wt%)を予測します。</translation>
    </message>
    <message>
      <source>The bundled models are Gaussian processes on log-ratios of the oxides (the default) and methods of the literature, among them the 1D convolutional network of Zhang et al. (2023, Icarus 397, 115505), all trained on published MI reflectance of the same 38 sample sites (the default also on ten more). Their errors, from sites they had not seen, are in their model cards (Check installation shows them). A pixel is predicted only where all eight bands are valid. No oxide is below zero, and all five sum to at most 65 wt%. Where the domain distance is above 1, the spectrum is unlike every training site and the values are extrapolated. MgO, and with it Mg#, is not determined at places that were never sampled, and CaO not within the highlands: their contrasts there are smaller than the models' errors.</source>
      <translation>同梱モデルは、酸化物の対数比に対するガウス過程(既定)と、Zhang et al. (2023, Icarus 397, 115505) の 1 次元畳み込みネットワークを含む文献の方法です。いずれも、発表されている同じ 38 の試料採取地点の MI 反射率で訓練してあります(既定のものはさらに 10 地点)。訓練に使っていない地点での誤差はモデルカードにあります(「インストールの確認」で表示)。8 バンドすべてが有効なピクセルだけを予測します。酸化物が負になることはなく、5 種の合計は最大 65 wt% です。ドメイン距離が 1 を超えるところでは、スペクトルがどの訓練地点にも似ておらず、値は外挿です。試料が採取されたことのない場所では MgO、したがって Mg# も決まりません。高地の内部では CaO も決まりません。そこでの差はモデルの誤差より小さいためです。</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>モデル</translation>
    </message>
    <message>
      <source>One of the bundled models. At sites it has not seen the default does best for all oxides but MgO, where the 1D-CNN is a little better near known landing sites; the others are the methods of the literature, trained at the same sites.</source>
      <translation>同梱モデルの 1 つ。訓練に使っていない地点では、MgO を除くすべての酸化物で既定のものが最良です。MgO は、既知の着陸地点の近くでは 1D-CNN がわずかに優れます。ほかは文献の方法を同じ地点で訓練したものです。</translation>
    </message>
    <message>
      <source>1D-CNN after Zhang et al. (2023)</source>
      <translation>1D-CNN(Zhang et al. 2023 による)</translation>
    </message>
    <message>
      <source>Gaussian processes (default)</source>
      <translation>ガウス過程(既定)</translation>
    </message>
    <message>
      <source>Partial least squares (Wu 2012, Sun 2016)</source>
      <translation>部分最小二乗(Wu 2012、Sun 2016)</translation>
    </message>
    <message>
      <source>Neural network (Xia 2019)</source>
      <translation>ニューラルネットワーク(Xia 2019)</translation>
    </message>
    <message>
      <source>Support vectors (Wang 2021, Bhatt 2020)</source>
      <translation>サポートベクター(Wang 2021、Bhatt 2020)</translation>
    </message>
    <message>
      <source>Random forest (Qiu 2021)</source>
      <translation>ランダムフォレスト(Qiu 2021)</translation>
    </message>
    <message>
      <source>Own model</source>
      <translation>独自のモデル</translation>
    </message>
    <message>
      <source>An .onnx file with the same interface, used instead of the bundled model.</source>
      <translation>同じインターフェースを持つ .onnx ファイル。同梱モデルの代わりに使います。</translation>
    </message>
    <message>
      <source>Threads</source>
      <translation>スレッド</translation>
    </message>
    <message>
      <source>How many threads compute. Empty: QGIS's own setting (Options &gt; Rendering), which without a limit is one for each processor core. Results are the same with any number.</source>
      <translation>計算に使うスレッドの数。空欄:QGIS の設定(オプション &gt; レンダリング)。制限がなければプロセッサのコアごとに 1 つです。結果はいくつでも同じです。</translation>
    </message>
    <message>
      <source>What the files hold. Float32, lossless: values as computed, compressed by ZSTD where QGIS's GDAL has it, which some older software cannot read. Float32, DEFLATE: the same, for any software. Float32, LERC: about half the size, with errors of at most 0.001 wt% (domain distance: 0.001); not all software reads it. UInt16, scaled: whole numbers of 0.001 wt%, about half the size, off by at most half of that; for software that applies the scale of a band, as QGIS does. Nodata is 65535. A domain distance above 65.534 is kept as 65.534; oxides and uncertainties that do not fit, as below zero, are refused.</source>
      <translation>ファイルの中身。Float32(可逆):計算値のまま。QGIS の GDAL に ZSTD があればそれで圧縮し、古いソフトウェアには読めないものがあります。Float32(DEFLATE):同じ値で、どのソフトウェアでも読めます。Float32(LERC):約半分の大きさ、誤差は最大 0.001 wt%(ドメイン距離:0.001)。すべてのソフトウェアが読めるわけではありません。UInt16(スケール付き):0.001 wt% の整数倍、約半分の大きさで、ずれは最大でその半分。QGIS のようにバンドのスケールを適用するソフトウェア用です。nodata は 65535。65.534 を超えるドメイン距離は 65.534 とします。負の値など収まらない酸化物や不確かさがあれば実行しません。</translation>
    </message>
    <message>
      <source>Domain distance</source>
      <translation>ドメイン距離</translation>
    </message>
    <message>
      <source>Pixels outside the domain (%)</source>
      <translation>ドメイン外のピクセル(%)</translation>
    </message>
    <message>
      <source>Sample sites</source>
      <translation>地点のサンプリング</translation>
    </message>
    <message>
      <source>Reads MI reflectance at sites of known chemistry and writes a table to train on.</source>
      <translation>化学組成の分かっている地点の MI 反射率を読み、訓練用の表を書き出します。</translation>
    </message>
    <message>
      <source>Each spectrum is the mean over the valid pixels of a small window, as in Zhang et al. (2023, Icarus 397, 115505), with the sample standard deviation of each band and the number of pixels. At a raster's edge the window is what the raster has of it: import neighbouring tiles as one raster where that matters. Every site is in both results, also the ones outside, with a status that says so. Of the sites that come with the plugin, landers are placed to some tens of metres, stations only in the Clementine frame, which may miss the place by kilometres: check these against the image before you use them. The table goes to: python -m training fit --sites TABLE --output FOLDER.</source>
      <translation>各スペクトルは、Zhang et al. (2023, Icarus 397, 115505) と同じく小さな窓の中の有効ピクセルの平均で、各バンドの標本標準偏差とピクセル数が付きます。ラスタの縁では、窓のうちラスタにある部分だけになります。それが問題になるところでは、隣のタイルと合わせて 1 つのラスタとしてインポートしてください。範囲外のものも含めて、すべての地点が両方の結果に入り、状態(status)にその旨が示されます。プラグイン付属の地点のうち、着陸機は数十 m の精度ですが、ステーションはクレメンタインの座標系の位置しかなく、数 km ずれることがあります。使う前に画像で確かめてください。表は次のコマンドで使います:python -m training fit --sites TABLE --output FOLDER。</translation>
    </message>
    <message>
      <source>MI rasters</source>
      <translation>MI ラスタ</translation>
    </message>
    <message>
      <source>MI MAP labels (.lbl), rasters with the eight MI bands, or files of one band each, in any lunar CRS. A site is read from the first one that has a valid pixel there.</source>
      <translation>MI MAP ラベル(.lbl)、MI の 8 バンドを持つラスタ、または 1 バンドごとのファイル。月の CRS であれば何でもかまいません。地点は、そこに有効なピクセルを持つ最初のものから読みます。</translation>
    </message>
    <message>
      <source>Sites</source>
      <translation>地点</translation>
    </message>
    <message>
      <source>Points in a lunar CRS, with the fields site or name, mission, and Al2O3, CaO, FeO, MgO, TiO2 in wt%. Empty: the 40 sites of Zhang et al. (2023).</source>
      <translation>月の CRS にある点。フィールド site または name、mission、および Al2O3、CaO、FeO、MgO、TiO2(wt%)を持つもの。空欄:Zhang et al. (2023) の 40 地点。</translation>
    </message>
    <message>
      <source>Field with the sites' names</source>
      <translation>地点名のフィールド</translation>
    </message>
    <message>
      <source>Empty: the field called site or name, in capitals or not.</source>
      <translation>空欄:site または name という名前のフィールド(大文字小文字を問わない)。</translation>
    </message>
    <message>
      <source>Field with the missions</source>
      <translation>ミッションのフィールド</translation>
    </message>
    <message>
      <source>Empty: the field called mission, in capitals or not.</source>
      <translation>空欄:mission という名前のフィールド(大文字小文字を問わない)。</translation>
    </message>
    <message>
      <source>Width of the window (2 or 3 pixels)</source>
      <translation>窓の幅(2 または 3 ピクセル)</translation>
    </message>
    <message>
      <source>2: the block of four pixels whose centres surround the point. 3: the pixel that holds the point and its eight neighbours.</source>
      <translation>2:中心が点を囲む 4 ピクセル。3:点を含むピクセルとその周囲の 8 ピクセル。</translation>
    </message>
    <message>
      <source>Sampled sites</source>
      <translation>サンプリングした地点</translation>
    </message>
    <message>
      <source>GeoPackage with a point per site, its spectrum and its status.</source>
      <translation>地点ごとに 1 点の GeoPackage。スペクトルと状態を持ちます。</translation>
    </message>
    <message>
      <source>The same as CSV, in the columns that training reads.</source>
      <translation>同じ内容の CSV。訓練が読む列の形です。</translation>
    </message>
    <message>
      <source>Sites sampled</source>
      <translation>サンプリングした地点の数</translation>
    </message>
    <message>
      <source>MI tile to unit report</source>
      <translation>MI タイルからユニットレポートへ</translation>
    </message>
    <message>
      <source>From an MI tile and polygons to a report of units: Predict oxides with uncertainty and domain distance, Unit statistics with all of them, and Oxide histograms of the map.</source>
      <translation>MI タイルとポリゴンからユニットのレポートまで:不確かさとドメイン距離付きの「酸化物の予測」、そのすべてを使う「ユニット統計」、地図の「酸化物ヒストグラム」。</translation>
    </message>
    <message>
      <source>Histograms</source>
      <translation>ヒストグラム</translation>
    </message>
    <message>
      <source>Separation</source>
      <translation>分離</translation>
    </message>
    <message>
      <source>Every two units as CSV: difference of the means, Cohen's d, and the difference in model uncertainties. For n units n (n - 1) / 2 rows for each band.</source>
      <translation>すべての 2 ユニットの組の CSV:平均の差、Cohen の d、モデル不確かさで見た差。n ユニットでは、バンドごとに n (n - 1) / 2 行です。</translation>
    </message>
    <message>
      <source>Unit statistics</source>
      <translation>ユニット統計</translation>
    </message>
    <message>
      <source>Statistics of every oxide inside each polygon: a table of geological units.</source>
      <translation>各ポリゴンの内側の各酸化物の統計:地質ユニットの表です。</translation>
    </message>
    <message>
      <source>For each polygon and band: number of valid pixels, valid fraction of the polygon's area, mean, standard deviation, minimum, maximum and the percentiles 5, 25, 50 (median), 75 and 95, and the polygon's area on the sphere in km2. A pixel counts by the part of it that the polygon covers, times its area on the sphere; a planar calculation on an equirectangular map is wrong away from the equator. With MgO and FeO, Mg# is given twice: of the means (the composition of the unit) and as the mean of Mg# over the pixels. A polygon without a valid pixel has a row that says so. The report compares every two units by Cohen's d, the difference of their means in standard deviations of the pixels: unlike a p-value it does not grow with the number of pixels. Raster and polygons may be in any lunar CRS. In longitude an edge goes the shorter way around the Moon, and a ring that does not return to its start goes around the nearer pole. The table begins with the columns of Tables 5 and 6 of Zhang et al. (2023). With an uncertainty raster, each mean gets the model's 1-sigma uncertainty, which is not the scatter of the pixels. The model sees nearly the same spectrum in neighbouring pixels of a unit, so its errors there are alike and do not average out with the number of pixels. The uncertainty of a mean is therefore the area-weighted mean of the pixels' uncertainties, as for fully correlated errors, and an upper bound for any others. A pixel counts where oxide and uncertainty are both valid. The uncertainty of Mg# of the means follows by first-order error propagation (JCGM 100:2008, eq. 13) with the correlation of the model's errors in MgO and FeO, or 0 where none is stated.</source>
      <translation>ポリゴンとバンドごとに:有効ピクセル数、ポリゴン面積のうち有効な割合、平均、標準偏差、最小、最大、パーセンタイル 5、25、50(中央値)、75、95、そして球面上のポリゴンの面積(km2)。ピクセルは、ポリゴンが覆う割合に球面上の面積を掛けて数えます。正距円筒図法の平面上の計算では、赤道から離れるとこれを誤ります。MgO と FeO があれば Mg# を 2 通り示します:平均組成のもの(ユニット自身の組成)と、ピクセルごとの Mg# の平均。有効ピクセルのないポリゴンには、その旨を記した行があります。レポートはすべての 2 ユニットを Cohen の d(ピクセルのばらつきに対する平均の差)で比べます。p 値と違い、ピクセル数とともに大きくなりません。ラスタとポリゴンは、月の CRS であれば何でもかまいません。経緯度では、辺は月を回る短いほうをとり、始点に戻らない環は近いほうの極を回ります。表は Zhang et al. (2023) の表 5 と表 6 の列で始まります。不確かさラスタがあれば、各平均にモデルの 1 シグマが付きます。これはピクセルのばらつきではありません。モデルはユニットの隣り合うピクセルでほとんど同じスペクトルを見て同じように誤るので、誤差はピクセル数で平均されて消えることがありません。そのため平均の不確かさは、完全に相関した誤差の場合として、ピクセルの不確かさの面積加重平均とします。ほかの場合には上限になります。酸化物と不確かさの両方が有効なピクセルを数えます。平均組成の Mg# の不確かさは、MgO と FeO のモデル誤差の相関(示されていなければ 0)を用いた一次の誤差伝播(JCGM 100:2008、式 13)によります。</translation>
    </message>
    <message>
      <source>Polygons in a lunar coordinate reference system.</source>
      <translation>月の座標参照系にあるポリゴン。</translation>
    </message>
    <message>
      <source>For example the result of Predict oxides or Mg number. All its bands are used, except alpha and masks.</source>
      <translation>「酸化物の予測」や「Mg 数」の結果など。アルファとマスクを除くすべてのバンドを使います。</translation>
    </message>
    <message>
      <source>1 sigma of the oxides (bands described as FeO 1 sigma ...), on the same pixels: the output Uncertainty of the same run of Predict oxides. Adds the model's uncertainty of every mean.</source>
      <translation>酸化物の 1 シグマ(説明が FeO 1 sigma などのバンド)、同じピクセル上のもの:「酸化物の予測」の同じ実行の結果「不確かさ」。各平均にモデルの不確かさを加えます。</translation>
    </message>
    <message>
      <source>Domain distance raster</source>
      <translation>ドメイン距離ラスタ</translation>
    </message>
    <message>
      <source>The output Domain distance of the same run of Predict oxides. Adds the part of every unit whose spectra are unlike all training sites (distance above 1).</source>
      <translation>「酸化物の予測」の同じ実行の結果「ドメイン距離」。各ユニットについて、スペクトルがどの訓練地点にも似ていない部分(距離が 1 を超える)の割合を加えます。</translation>
    </message>
    <message>
      <source>Pixels on the edge of a polygon</source>
      <translation>ポリゴンの縁にあるピクセル</translation>
    </message>
    <message>
      <source>Matters for units of few pixels. The covered part is exact for straight edges; the other is the rule of QGIS's zonal statistics.</source>
      <translation>ピクセルの少ないユニットでは結果に影響します。覆われた割合は直線の辺に対して正確です。もう一方は QGIS 自身の地域統計の規則です。</translation>
    </message>
    <message>
      <source>Count by the part that is covered</source>
      <translation>覆われた割合で数える</translation>
    </message>
    <message>
      <source>Count when the centre lies inside</source>
      <translation>中心が内側にあれば数える</translation>
    </message>
    <message>
      <source>Units with statistics</source>
      <translation>統計付きユニット</translation>
    </message>
    <message>
      <source>Separation of units</source>
      <translation>ユニット間の分離</translation>
    </message>
    <message>
      <source>Check installation...</source>
      <translation>インストールの確認...</translation>
    </message>
    <message>
      <source>Install onnxruntime...</source>
      <translation>onnxruntime をインストール...</translation>
    </message>
    <message>
      <source>Documentation</source>
      <translation>ドキュメント</translation>
    </message>
  </context>
</TS>
