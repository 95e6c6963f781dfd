"""The floor of Candela: events, nodes, the compiled bank, the engine, and the edge they run on."""
