"""Numbers, choices and switches that users give to an algorithm, read once and strictly.

QGIS takes the default for a text that is not a number, and 0 where there is no default; of a choice
that does not exist it takes the first or the default. Models and other algorithms that call ours do
not check their values at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from qgis.core import (
    NULL,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBand,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsProperty,
)

from ..core.errors import LunarOxideError
from .paths import require_output_file, understood_paths

_OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)

#: What QGIS holds a whole number in.
_LARGEST = 2**31 - 1

#: What a switch may be in text, as on a command line.
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}

_DESTINATIONS = (
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterVectorDestination,
)


def understood(
    definitions: Iterable[QgsProcessingParameterDefinition],
    parameters: Mapping[str, Any],
    context: QgsProcessingContext,
) -> dict[str, Any]:
    """Parameters as an algorithm takes them.

    Numbers, choices and switches become Python's own, whether they came as values, as text or as
    an expression (`QgsProperty`). Those that are left empty are left out, for which QGIS takes the
    default; so is what the algorithm does not declare. Inputs given as ~/... or file://... become
    paths.

    Parameters
    ----------
    definitions : iterable of QgsProcessingParameterDefinition
    parameters : mapping
        Values by the parameters' names.
    context : QgsProcessingContext

    Raises
    ------
    LunarOxideError
        When a value is not what its parameter takes; names both.
    """
    values = {}
    for definition in definitions:
        name = definition.name()
        if name not in parameters:
            continue
        value = parameters[name]
        reader = next((read for kind, read in _READERS if isinstance(definition, kind)), None)
        if reader:
            value = _given(definition, value, context)
            if value is not None:
                values[name] = reader(definition, value)
        elif isinstance(definition, _DESTINATIONS):
            require_output_file(name, value)
            values[name] = value
        else:
            values[name] = understood_paths(definition, value)
    return values


def warn_of_unknown(
    definitions: Iterable[QgsProcessingParameterDefinition],
    parameters: Mapping[str, Any],
    feedback: QgsProcessingFeedback,
) -> None:
    """Name the parameters that an algorithm does not have, such as misspelt ones."""
    for name in sorted(set(parameters) - {definition.name() for definition in definitions}):
        feedback.pushWarning(f"There is no parameter {name}; it is not used.")


def _given(
    definition: QgsProcessingParameterDefinition, value: Any, context: QgsProcessingContext
) -> Any:
    """The value of a parameter, evaluated; None when it is left empty."""
    name = definition.name()
    if isinstance(value, QgsProperty):
        expression = value.asExpression()
        value, _ = value.value(context.expressionContext())
        if value is None or value == NULL:
            raise LunarOxideError(
                f"{name}: the expression {expression} gives no value. Correct it."
            )
    if value is None or value == NULL:
        return None
    if isinstance(value, str) and not value.strip():
        if definition.flags() & _OPTIONAL:
            return None
        raise LunarOxideError(
            f"{name} is empty. Give a value, or leave the parameter out for the default "
            f"({definition.defaultValue()})."
        )
    return value


def _number(definition: QgsProcessingParameterNumber, value: Any) -> float | int:
    name = definition.name()
    number = _finite(name, value)
    if definition.dataType() == QgsProcessingParameterNumber.Type.Integer:
        number = _whole(name, value, number)
    low, high = definition.minimum(), definition.maximum()
    if not low <= number <= high:
        # QGIS's own limits, where a parameter has none, are the largest numbers there are.
        least = f"at least {low:g}" if low > -_LARGEST else ""
        most = f"at most {high:g}" if high < _LARGEST else ""
        wanted = " and ".join(filter(None, (least, most)))
        raise LunarOxideError(f"{name} is {_shown(value)}, but it has to be {wanted}.")
    return number


def _band(definition: QgsProcessingParameterBand, value: Any) -> int:
    name = definition.name()
    return _whole(name, value, _finite(name, value))


def _choice(definition: QgsProcessingParameterEnum, value: Any) -> int:
    """Position of an option, given as such or by its text."""
    name, options = definition.name(), definition.options()
    if isinstance(value, str):
        word = value.strip().casefold()
        named = [index for index, option in enumerate(options) if option.casefold() == word]
        if len(named) == 1:
            return named[0]
    try:
        index = _whole(name, value, _finite(name, value))
    except LunarOxideError:
        index = -1
    if not 0 <= index < len(options):
        choices = ", ".join(f"{index} ({option})" for index, option in enumerate(options))
        raise LunarOxideError(f"{name} is {_shown(value)}. Choose one of: {choices}.")
    return index


def _switch(definition: QgsProcessingParameterBoolean, value: Any) -> bool:
    if isinstance(value, (bool, Real)) and value in (0, 1):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _SWITCHES:
        raise LunarOxideError(f"{definition.name()} is {_shown(value)}. Give true or false.")
    return _SWITCHES[word]


def _text(definition: QgsProcessingParameterString, value: Any) -> str:
    """A text; several numbers may come as a list, which QGIS would take for no text at all."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _finite(name: str, value: Any) -> float:
    """A number, given as one or in text."""
    text = value.strip() if isinstance(value, str) else ""
    if not (
        (isinstance(value, Real) and not isinstance(value, bool))
        or _NUMBER.fullmatch(text)
        or _NOT_FINITE.fullmatch(text)
    ):
        raise LunarOxideError(f"{name} is {_shown(value)}, which is not a number. {_remedy(text)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise LunarOxideError(f"{name} is {_shown(value)}, but it has to be a finite number.")
    return number


def _remedy(text: str) -> str:
    if _WITH_COMMA.fullmatch(text):
        return f"It has a decimal comma; write {text.replace(',', '.')} with a point."
    return "Give digits alone, without a unit, and with a point before decimals."


def _whole(name: str, value: Any, number: float) -> int:
    if not number.is_integer():
        raise LunarOxideError(f"{name} is {_shown(value)}, but it has to be a whole number.")
    if abs(number) > _LARGEST:
        raise LunarOxideError(f"{name} is {_shown(value)}, but it has to be at most {_LARGEST}.")
    return int(number)


def _shown(value: Any) -> str:
    """A value in a message, of which a long text would hide the rest."""
    text = str(value)
    text = f"{text[:60]}..." if len(text) > 60 else text
    return text if isinstance(value, Real) or _NUMBER.fullmatch(text) else f"'{text}'"


_READERS = (
    (QgsProcessingParameterNumber, _number),
    (QgsProcessingParameterBand, _band),
    (QgsProcessingParameterEnum, _choice),
    (QgsProcessingParameterBoolean, _switch),
    (QgsProcessingParameterString, _text),
)
