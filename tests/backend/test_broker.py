"""Where Celery's bell is rung."""

from django.conf import settings
from redis import Redis

from backend.celery import app


def test_broker_uses_the_database_that_the_address_names() -> None:
    named = Redis.from_url(settings.REDIS_ADDRESS).connection_pool.connection_kwargs.get("db", 0)

    with app.connection() as connection:
        client = connection.default_channel.client
        assert client.connection_pool.connection_kwargs["db"] == named
