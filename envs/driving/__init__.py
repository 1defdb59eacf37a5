"""NAVSIM natively: formats, maps, vehicle, traffic, scores, cameras and a true closed loop. Nothing heavy is imported here."""
