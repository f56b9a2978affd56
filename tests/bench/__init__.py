"""Speed and memory as ratios, both sides measured in the same minute on the same files. Nothing here passes or fails."""
