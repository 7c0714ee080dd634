"""Keywords of a label by the type they must have, or the error that names them."""

from __future__ import annotations

from typing import Any

from ...core.errors import RasterError
from .odl import Quantity, shortened


def plain(value: Any) -> Any:
    """A value without its unit."""
    return value.value if isinstance(value, Quantity) else value


class Keywords:
    """The keywords of a label, or of one OBJECT in it.

    Parameters
    ----------
    values : dict
        As `odl.parse_label` gives them.
    file : str
        Name of the label's file.
    within : str
        Name of the OBJECT; empty for the label itself.

    Raises
    ------
    RasterError
        In every method, when the keyword is missing or not of that type; the
        message names file, object and keyword.
    """

    def __init__(self, values: dict[str, Any], file: str, within: str = "") -> None:
        self._values = values
        self._file = file
        self._within = within

    def __contains__(self, keyword: str) -> bool:
        return keyword in self._values

    def error(self, reason: str) -> RasterError:
        """An error about this label."""
        return RasterError(f"{self._file}: {shortened(reason, 500)}.")

    def value(self, keyword: str) -> Any:
        """As it stands in the label."""
        if keyword not in self._values:
            where = f"its {self._within} object" if self._within else "the label"
            raise self.error(
                f"the keyword {keyword} is missing from {where}. Use the label as the archive "
                "gives it"
            )
        return self._values[keyword]

    def object(self, name: str) -> Keywords:
        """The keywords of an OBJECT."""
        value = self.value(name)
        if not isinstance(value, dict):
            raise self.error(f"{name} is not an OBJECT in the label")
        return Keywords(value, self._file, name)

    def text(self, keyword: str) -> str:
        """A value as text; a number as it would be written."""
        return str(plain(self.value(keyword)))

    def items(self, keyword: str) -> list[Any]:
        """The items of a list, without their unit; a single value is a list of one."""
        value = plain(self.value(keyword))
        return [plain(item) for item in value] if isinstance(value, list) else [value]

    def number(self, keyword: str) -> float:
        """A finite number."""
        return self._number(keyword, plain(self.value(keyword)))

    def numbers(self, keyword: str) -> list[float]:
        """Finite numbers."""
        return [self._number(keyword, item) for item in self.items(keyword)]

    def positive(self, keyword: str) -> float:
        """A number above zero."""
        number = self.number(keyword)
        if number <= 0:
            raise self.error(f"{keyword} = {number:g} is not above zero")
        return number

    def count(self, keyword: str) -> int:
        """A whole number above zero."""
        return self.whole(keyword, self.positive(keyword))

    def whole(self, keyword: str, value: Any) -> int:
        """A value of a keyword as a whole number."""
        number = self._number(keyword, value)
        if number != int(number):
            raise self.error(f"{keyword} = {number:g} is not a whole number")
        return int(number)

    def _number(self, keyword: str, value: Any) -> float:
        if not isinstance(value, (int, float)):
            raise self.error(f"{keyword} = {shortened(value)} is not a number")
        return float(value)
