"""The Model Context Protocol (https://modelcontextprotocol.io/specification): reads and proposals, no decisions."""
