"""`make fuzz SECONDS=3600`: what faces the network, fed by a fuzzer that looks for branches not taken yet."""
