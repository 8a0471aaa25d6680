"""`python -m shared.keys DIRECTORY [REDIS_HOST:PORT] [--rotate WHAT]`: makes the deployment's keys, or new ones."""

from shared.keys.deployment import main

if __name__ == "__main__":
    main()
