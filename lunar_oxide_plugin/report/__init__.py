"""Reports: pages to read and print, with their tables and figures. Arrays in, text out."""
