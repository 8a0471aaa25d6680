"""One command a file; `cli.app` lists them."""
