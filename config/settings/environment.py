"""Where the settings' values come from, and what several of their parts need to know."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

RELEASE = "0.1.0"
BASE_DOMAIN = env.str("BASE_DOMAIN", default="localhost")
