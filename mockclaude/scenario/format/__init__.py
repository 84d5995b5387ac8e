"""What a scenario file may hold: its models, units and presets."""
