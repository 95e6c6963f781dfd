"""The front door: command line, REST and WebSocket."""
