"""GDAL as the plugin needs it: errors, names of files, blocks, reading ahead."""
