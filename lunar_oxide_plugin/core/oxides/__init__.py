"""The five oxides and Mg#: order, limits, units, uncertainty, colours, published values."""
