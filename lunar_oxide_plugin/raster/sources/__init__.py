"""Everything that can be read as spectra or as oxides."""
