"""Numbers in sentences."""

PERCENT = "\N{NO-BREAK SPACE}%"


def amount(value: float) -> str:
    """
    A number of three digits.

    >>> amount(1234.5), amount(999.7), amount(0.12345), amount(-3.0)
    ('1,234', '1,000', '0.123', '-3')
    """
    return f"{value:,.0f}" if 999.5 <= abs(value) < 1e6 else f"{value:.3g}"


def share(value: float) -> str:
    """
    A share in percent.

    >>> [share(value).replace(PERCENT, "%") for value in (0.123, 0.9999, 0.004)]
    ['12%', 'nearly 100%', '0.4%']
    """
    if 0.995 <= value < 1:
        return f"nearly 100{PERCENT}"
    return f"{100 * value:.1g}{PERCENT}" if 0 < value < 0.095 else f"{100 * value:.0f}{PERCENT}"
