"""Random tokens: what people copy, and what stands in addresses and on command lines."""

from backend.accounts.tokens import new_token


def test_a_token_is_letters_and_digits_so_that_no_command_takes_it_for_an_option() -> None:
    tokens = {new_token() for _ in range(2000)}

    assert len(tokens) == 2000
    assert all(token.isascii() and token.isalnum() and len(token) == 43 for token in tokens)
