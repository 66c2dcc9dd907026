"""What a run leaves behind: pure data that can be judged, drawn and compared without the system."""
