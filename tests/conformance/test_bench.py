from conformance.bench import decoder


def test_the_decoder_is_measured_beside_the_bare_split() -> None:
    """R-WIRE-10: a quarter of a bare split is wanted; a test asks for less, so that it holds under load."""
    lines = list(decoder.figures())
    shares = {line[:34].strip(): float(line.split()[-5]) for line in lines}
    assert shares["bare split"] == 1.0
    assert shares["messages, kind, name, action_id"] > 0.1
