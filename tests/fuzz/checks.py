"""Each check runs an algorithm on a scene and compares all it gives with the oracle."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from osgeo import gdal, ogr

from . import mi, oracle, polygons, storage
from .scenes import OXIDES, Place, random_oxides, random_place

#: From MODEL to the file of a bundled model.
_MODELS = ("zhang2023_cnn", "gaussian_process", "plsr", "mlp", "svr", "random_forest")

_FOLDER = Path(__file__).resolve().parents[2] / "lunar_oxide_plugin" / "models"

#: Largest relative differences: of values that are stored as float32, and of areas whose polygons
#: had their edges bent into another projection.
_CLOSE, _BENT = 2e-6, 2e-4


class DifferenceError(AssertionError):
    """The plugin and the oracle do not agree."""


def _same(what, got, expected, *, rtol=_CLOSE, atol=1e-6):
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    if got.shape != expected.shape:
        raise DifferenceError(f"{what}: shape {got.shape} instead of {expected.shape}")
    off = ~np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if off.any():
        where = tuple(int(i) for i in np.argwhere(off)[0])
        raise DifferenceError(
            f"{what}: {int(off.sum())} of {off.size} differ, first at {where}: "
            f"{got[where]!r} instead of {expected[where]!r}"
        )


def _between(what, got, low, high, slack=2e-6):
    reach = slack * max(abs(low), abs(high), 1)
    if not low - reach <= got <= high + reach:
        raise DifferenceError(f"{what}: {got!r} is not in {low!r} ... {high!r}")


def read(path):
    """Bands [n, height, width] of a result, NaN where nodata."""
    dataset = gdal.Open(str(path))
    values = dataset.ReadAsArray().astype(float)
    values = values.reshape(dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize)
    nodata = dataset.GetRasterBand(1).GetNoDataValue()
    values[values == nodata] = np.nan
    return values


class Scene:
    """Oxides on the Moon, stored in some form; made from a generator of random numbers."""

    def __init__(self, random, folder):
        self.place: Place = random_place(random)
        values = random_oxides(random, (self.place.height, self.place.width))
        self.stored = storage.store(random, folder, self.place, values)
        self.areas = self.place.pixel_areas()

    @property
    def values(self):
        """What is true, [5, height, width]."""
        return self.stored.values

    def described(self):
        """In a line, for messages."""
        place = self.place
        return f"{place.height} x {place.width}, {place.projection.name}, {self.stored.form}"


def units(random, folder, run):
    """`zonaloxides`: every column of every unit."""
    scene = Scene(random, folder)
    own, drawn = polygons.random_polygons(random, scene.place)
    polygons.write(folder / "zones.gpkg", own, drawn, random)
    centres = bool(random.random() < 0.3)
    beside = _beside(random, folder, scene) if random.random() < 0.3 else None
    parameters = {
        "INPUT": scene.stored.path,
        "ZONES": str(folder / "zones.gpkg"),
        "NAME_FIELD": "unit",
        "EDGES": int(centres),
        "OUTPUT": str(folder / "units.gpkg"),
        "TABLE": str(folder / "units.csv"),
        **(beside.parameters if beside else {}),
    }
    said = f"{scene.described()}; polygons in {own.name}"
    expected = {unit.name: _expected_unit(scene, own, unit, centres) for unit in drawn}
    results = run("zonaloxides", parameters, refusable=not any(expected.values()))
    if results is None:
        return said
    rows = _rows(folder / "units.gpkg")
    if [row["unit"] for row in rows] != [unit.name for unit in drawn]:
        raise DifferenceError(f"units {[row['unit'] for row in rows]}; {said}")
    bent = own is not scene.place.projection
    for row, unit in zip(rows, drawn):
        what = f"{unit.kind} ({unit.name}) of {said}"
        _compare_unit(what, row, expected[unit.name], _BENT if bent else 2e-6)
        if beside and expected[unit.name] and not bent:
            _compare_beside(what, row, expected[unit.name], scene, beside)
    _compare_table(said, folder / "units.csv", rows)
    return said


class _Beside(NamedTuple):
    """Rasters of the same run: what is given, and what is true in them."""

    parameters: dict
    sigmas: np.ndarray
    distances: np.ndarray


def _beside(random, folder, scene):
    """Uncertainties and domain distances on the pixels of a scene, as float32."""
    shape = scene.values.shape
    sigmas = random.uniform(0.1, 3, shape).astype(np.float32).astype(float)
    sigmas[random.random(shape) < 0.05] = np.nan
    distances = random.uniform(0.2, 1.8, shape[1:]).astype(np.float32).astype(float)
    names = [f"{oxide} 1 sigma" for oxide in OXIDES]
    storage.plain(folder / "sigma.tif", scene.place, sigmas, names)
    storage.plain(folder / "domain.tif", scene.place, distances[None], ["domain distance"])
    given = {"UNCERTAINTY": str(folder / "sigma.tif"), "DOMAIN": str(folder / "domain.tif")}
    return _Beside(given, sigmas, distances)


def _compare_beside(what, row, expected, scene, beside):
    """Mean sigmas, and the part of the valid area outside the domain."""
    _, bands, _ = expected
    for oxide, sigmas in zip(OXIDES, beside.sigmas):
        band = bands[oxide]
        known = oracle.Expected(
            np.where(np.isfinite(band.values), sigmas, np.nan), band.part, scene.areas
        )
        if not known.unsure:
            got = row[f"{oxide}_mean_uncertainty"]
            _same(f"sigma of {oxide}, {what}", got, known.mean, rtol=1e-5, atol=1e-5)
    part = next(iter(bands.values())).part
    weights = np.where(np.isfinite(scene.values).any(axis=0), part * scene.areas, 0)
    if weights.sum() > 0 and (part > 1e-3).any():
        outside = weights[beside.distances > 1].sum() / weights.sum()
        _same(f"outside the domain, {what}", row["outside_domain"], outside, atol=1e-5)


def _expected_unit(scene, own, unit, centres):
    """Area and the statistics of each band; None for a unit without a place on the raster."""
    if unit.parts is None:
        return None
    place = scene.place
    shape = polygons.region(unit, own, place)
    part = oracle.covered(shape, place.height, place.width)
    if not part.any():
        return None
    weights = oracle.centres_inside(shape, place.height, place.width) if centres else part
    values = dict(zip(OXIDES, scene.values))
    values["Mg_number"] = oracle.mg_number(values["MgO"], values["FeO"])
    bands = {name: oracle.Expected(v, weights, scene.areas) for name, v in values.items()}
    return polygons.area(polygons.region(unit, own), own), bands, centres


def _compare_unit(what, row, expected, rtol):
    if expected is None:
        if any(row[f"{oxide}_pixels"] or row[f"{oxide}_mean"] is not None for oxide in OXIDES):
            raise DifferenceError(f"{what}: lies not on the raster, but has numbers")
        if not row["remark"]:
            raise DifferenceError(f"{what}: lies not on the raster, without a remark")
        return
    area, bands, centres = expected
    _same(f"area of {what}", row["area_km2"], area, rtol=max(rtol, 2e-6))
    for name, band in bands.items():
        at = f"{name} of {what}"
        if band.unsure:
            if band.empty and row[f"{name}_pixels"]:
                raise DifferenceError(f"{at}: {row[f'{name}_pixels']} pixels instead of none")
            continue
        loose = rtol > 1e-5
        if not loose:
            _between(f"pixels, {at}", row[f"{name}_pixels"], *band.pixels())
            _between(f"minimum, {at}", row[f"{name}_minimum"], *band.minimum())
            _between(f"maximum, {at}", row[f"{name}_maximum"], *band.maximum())
            for fraction, column in ((0.05, "p5"), (0.5, "median"), (0.95, "p95")):
                _between(f"{column}, {at}", row[f"{name}_{column}"], *band.quantile(fraction))
        # Where edges were bent, by the part of an edge's pixels that may change sides.
        slack = 5e-3 * (band.std + 1e-3) / max(band.pixels()[0], 1) ** 0.5 if loose else 2e-5
        if not (centres and loose):
            _same(f"mean, {at}", row[f"{name}_mean"], band.mean, atol=slack)
            _same(f"deviation, {at}", row[f"{name}_std"], band.std, rtol=1e-4, atol=5 * slack)
        if not centres:
            fraction = band.weight / area
            _same(f"valid part, {at}", row[f"{name}_valid_fraction"], fraction, rtol=1e-3)


def _compare_table(said, path, rows):
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = list(csv.DictReader(file))
    for line, row in zip(table, rows):
        for oxide in OXIDES:
            mean = row[f"{oxide}_mean"]
            if (line[oxide] == "") != (mean is None):
                raise DifferenceError(f"TABLE has {line[oxide]!r} where OUTPUT has {mean}; {said}")
            if mean is not None:
                _same(f"{oxide} in TABLE, {said}", float(line[oxide]), mean, atol=6e-5)


def _rows(path):
    dataset = ogr.Open(str(path))
    return [feature.items() for feature in dataset.GetLayer(0)]


def mg(random, folder, run):
    """`mgnumber`: every pixel, and the mean weighted by area."""
    scene = Scene(random, folder)
    out = str(folder / "mg.tif")
    expected = oracle.mg_number(scene.values[3], scene.values[2])
    nothing = not np.isfinite(expected).any()
    results = run("mgnumber", {"INPUT": scene.stored.path, "OUTPUT": out}, refusable=nothing)
    if results is None:
        return scene.described()
    _same(f"Mg# of {scene.described()}", read(out)[0], expected)
    valid = np.isfinite(expected)
    if valid.any():
        mean = (expected * scene.areas)[valid].sum() / scene.areas[valid].sum()
        _same(f"MEAN of {scene.described()}", results["MEAN"], mean, rtol=1e-5)
    return scene.described()


def terrain(random, folder, run):
    """`classifyterrain`: every pixel, and the part of the area that is mare."""
    scene = Scene(random, folder)
    feo = scene.values[2]
    valid = np.isfinite(feo)
    threshold = round(float(random.uniform(5, 18)), 2) + 0.0037
    out = str(folder / "terrain.tif")
    parameters = {"INPUT": scene.stored.path, "THRESHOLD": threshold, "OUTPUT": out}
    results = run("classifyterrain", parameters, refusable=not valid.any())
    if results is not None:
        classes = np.where(valid, np.where(feo >= threshold, 2, 1), np.nan)
        _same(f"classes of {scene.described()}", read(out)[0], classes)
        mare = 100 * scene.areas[valid & (feo >= threshold)].sum() / scene.areas[valid].sum()
        _same(f"mare of {scene.described()}", results["MARE_PERCENT"], mare, rtol=1e-5, atol=1e-4)
    return scene.described()


def composite(random, folder, run):
    """`oxidergb`: colours by limits that are given or found."""
    scene = Scene(random, folder)
    bands = scene.values[[2, 3, 0]]
    stretch = int(random.choice([1, 2, 4]))
    limits = [(0.5, 31.1), (1.48, 13.81), (9.17, 32.5)]
    parameters = {"INPUT": scene.stored.path, "STRETCH": stretch, "OUTPUT": str(folder / "rgb.tif")}
    nothing = not np.isfinite(bands).any(axis=(1, 2)).all()
    if stretch == 4:
        limits = [(low + 0.25, high - 1.5) for low, high in limits]
        parameters["LIMITS"] = ",".join(f"{value:g}" for pair in limits for value in pair)
    elif stretch == 1 and not nothing:
        limits = [(np.nanmin(band), np.nanmax(band)) for band in bands]
        limits = [pair if pair[0] < pair[1] else (pair[0] - 0.5, pair[1] + 0.5) for pair in limits]
    if run("oxidergb", parameters, refusable=nothing and stretch == 1) is None:
        return scene.described()
    valid = np.isfinite(bands).all(axis=0)
    got = gdal.Open(parameters["OUTPUT"]).ReadAsArray()
    _same(f"alpha of {scene.described()}", got[3], np.where(valid, 255, 0))
    for colour, band, (low, high) in zip(got, bands, limits):
        expected = np.where(valid, np.clip((band - low) / (high - low), 0, 1) * 255, 0)
        _same(f"colour of {scene.described()}", colour, expected, rtol=0, atol=0.501)
    return scene.described()


def prediction(random, folder, run):
    """`predictoxides`: every pixel of all outputs, beside onnxruntime alone."""
    measured = mi.write(random, folder)
    model = int(random.integers(len(_MODELS)))
    outputs = {
        "OUTPUT": folder / "oxides.out.tif",
        "OUTPUT_UNCERTAINTY": folder / "sigma.out.tif",
        "OUTPUT_DOMAIN": folder / "domain.out.tif",
    }
    parameters = {"INPUT": measured.path, "MODEL": model, **measured.options}
    parameters.update({name: str(path) for name, path in outputs.items()})
    said = f"{measured.form}, {_MODELS[model]}"
    valid = measured.valid
    results = run("predictoxides", parameters, refusable=not valid.any())
    if results is None:
        return said
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(_FOLDER / f"{_MODELS[model]}.onnx"), options, providers=["CPUExecutionProvider"]
    )
    spectra = np.ascontiguousarray(measured.reflectance[:, valid])
    names = ["oxides", "uncertainty", "domain_distance"]
    for path, found in zip(outputs.values(), session.run(names, {"reflectance": spectra})):
        expected = np.full((found.size // spectra.shape[1], *valid.shape), np.nan)
        expected[:, valid] = found
        _same(f"{path.name} of {said}", read(path), expected, rtol=1e-4, atol=1e-3)
    if results["VALID_PIXELS"] != int(valid.sum()):
        raise DifferenceError(f"VALID_PIXELS {results['VALID_PIXELS']}, {int(valid.sum())}; {said}")
    return said


def imported(random, folder, run):
    """`importmimap`: reflectance of every pixel."""
    measured = mi.write(random, folder)
    out = str(folder / "import.out.tif")
    parameters = {"INPUT": [measured.path], "OUTPUT": out, **measured.options}
    results = run("importmimap", parameters, refusable=not measured.valid.any())
    if results is not None:
        expected = np.where(measured.valid, measured.reflectance, np.nan)
        _same(f"reflectance of {measured.form}", read(out), expected, atol=1e-7)
    return measured.form


def mosaic(random, folder, run):
    """`importmimap` of tiles that overlap: the first one with a valid pixel wins."""
    scene = mi.mosaic(random, folder)
    out = str(folder / "mosaic.out.tif")
    results = run("importmimap", {"INPUT": scene.paths, "OUTPUT": out})
    _same(f"mosaic of {len(scene.paths)} tiles", read(out), scene.reflectance, atol=1e-7)
    valid = int(np.isfinite(scene.reflectance).all(axis=0).sum())
    if results["VALID_PIXELS"] != valid:
        raise DifferenceError(f"VALID_PIXELS {results['VALID_PIXELS']} instead of {valid}")
    return f"{len(scene.paths)} tiles"


def sampled(random, folder, run):
    """`samplesites`: mean spectra of the valid pixels around points."""
    measured = mi.write(random, folder)
    height, width = measured.valid.shape
    size = int(random.integers(2, 4))
    places = np.column_stack([random.uniform(-1, width + 1, 6), random.uniform(-1, height + 1, 6)])
    lon = measured.west + places[:, 0] / 2048
    lat = measured.north - places[:, 1] / 2048
    polygons.write_points(folder / "sites.gpkg", np.column_stack([lon, lat]))
    parameters = {
        "INPUT": [measured.path],
        "SITES": str(folder / "sites.gpkg"),
        "SITE_FIELD": "site",
        "WINDOW": size,
        "OUTPUT": str(folder / "sampled.gpkg"),
        "TABLE": str(folder / "sampled.csv"),
        **measured.options,
    }
    run("samplesites", parameters)
    with (folder / "sampled.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row, (x, y) in zip(rows, places):
        inside = 0 <= x < width and 0 <= y < height
        # The pixels with the nearest centres: 2 on either side of the point, or 3 around its own.
        x0, y0 = (int(np.floor(at - (size - 1) / 2)) for at in (x, y))
        window = (
            slice(max(y0, 0), min(y0 + size, height)),
            slice(max(x0, 0), min(x0 + size, width)),
        )
        valid = measured.valid[window] & inside
        if int(row["pixels"]) != int(valid.sum()):
            raise DifferenceError(f"{row['pixels']} pixels instead of {valid.sum()} at {x}, {y}")
        if valid.any():
            expected = measured.reflectance[:, window[0], window[1]][:, valid].mean(axis=1)
            got = [float(row[f"r{nm}"]) for nm in mi.NOMINAL]
            _same(f"spectrum at {x}, {y} of {measured.form}", got, expected, atol=2e-7)
    return measured.form


def empirical(random, folder, run):
    """`empiricaloxides`: FeO and TiO2 by the published constants of Otake et al. (2012)."""
    measured = mi.write(random, folder)
    out = str(folder / "empirical.out.tif")
    parameters = {"INPUT": measured.path, "METHOD": 1, "OUTPUT": out, **measured.options}
    if run("empiricaloxides", parameters, refusable=not measured.valid.any()) is not None:
        r415, r750, r950 = measured.reflectance[[0, 1, 3]].astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            iron = -np.arctan((r950 / r750 - 1.25) / (r750 - 0.037))
            titanium = np.arctan((r415 / r750 - 0.208) / (r750 + 0.108))
            feo = np.where(r750 > 0.037, 20.527 * iron - 12.266, np.nan)
            tio2 = np.where(titanium >= 0, 0.72 * np.maximum(titanium, 0) ** 14.964, np.nan)
        expected = np.where(measured.valid, [feo, tio2], np.nan)
        _same(f"FeO, TiO2 of {measured.form}", read(out), expected, rtol=1e-4, atol=1e-4)
    return measured.form


def histogram(random, folder, run):
    """`oxidehistogram`: the area in each bin."""
    scene = Scene(random, folder)
    table = folder / "histogram.csv"
    nothing = not np.isfinite(scene.values).any()
    parameters = {"INPUT": [scene.stored.path], "REPORT": None, "TABLE": str(table)}
    if run("oxidehistogram", parameters, refusable=nothing) is None:
        return scene.described()
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["quantity"] in OXIDES]
    for oxide, values in zip(OXIDES, scene.values):
        bins = [row for row in rows if row["quantity"] == oxide]
        if not bins:
            raise DifferenceError(f"no histogram of {oxide}; {scene.described()}")
        for row in bins:
            # The outer two have no end.
            low, high = float(row["lower"] or "-inf"), float(row["upper"] or "inf")
            edge = 1e-5
            surely = scene.areas[(values > low + edge) & (values < high - edge)].sum()
            perhaps = scene.areas[(values > low - edge) & (values < high + edge)].sum()
            what = f"{oxide} of {low} ... {high}, {scene.described()}"
            _between(what, float(row["area_km2"]), surely - 1e-6, perhaps + 1e-6, slack=1e-5)
    return scene.described()


def comparison(random, folder, run):
    """`comparemaps`: two maps on the same pixels."""
    scene = Scene(random, folder)
    other = folder / "other"
    other.mkdir()
    shift = random.normal(random.uniform(-1, 1), 0.5, scene.values.shape)
    second = storage.store(random, other, scene.place, np.maximum(scene.values + shift, 0.05))
    oxide = int(random.integers(5))
    x, y = scene.values[oxide], second.values[oxide]
    both = np.isfinite(x) & np.isfinite(y)
    parameters = {
        "INPUT": scene.stored.path,
        "REFERENCE": second.path,
        "OXIDE": oxide,
        "OUTPUT": str(folder / "difference.tif"),
        "REPORT": None,
    }
    said = f"{scene.described()} beside {second.form}"
    results = run("comparemaps", parameters, refusable=both.sum() < 3)
    if results is not None:
        expected = np.where(both, x - y, np.nan)
        _same(f"difference of {said}", read(folder / "difference.tif")[0], expected, atol=1e-4)
        w = scene.areas[both] / scene.areas[both].sum()
        off = (x - y)[both]
        _same(f"BIAS of {said}", results["BIAS"], np.sum(w * off), rtol=1e-4, atol=1e-5)
        rmse = np.sqrt(np.sum(w * off**2))
        _same(f"RMSE of {said}", results["RMSE"], rmse, rtol=1e-4, atol=1e-5)
        dx, dy = x[both] - np.sum(w * x[both]), y[both] - np.sum(w * y[both])
        spread = np.sum(w * dx**2) * np.sum(w * dy**2)
        if both.sum() > 10 and spread > 1e-3:
            r2 = np.sum(w * dx * dy) ** 2 / spread
            _same(f"R2 of {said}", results["R2"], r2, rtol=1e-3, atol=1e-4)
    return said


#: How often each is drawn.
CHECKS = {
    units: 8,
    mg: 1,
    terrain: 1,
    composite: 1,
    histogram: 1,
    comparison: 2,
    prediction: 3,
    imported: 1,
    mosaic: 1,
    sampled: 1,
    empirical: 1,
}
