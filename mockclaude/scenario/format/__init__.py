"""The format of scenario files: models, units and presets."""
