"""The desk of the acceptance tests, to be crashed."""

from __future__ import annotations

from tests.acceptance.conftest import desk as desk
from tests.acceptance.conftest import prepared as prepared
