"""SurveyJS's expression language: conditions, calculated values and piped texts of surveys.

The same is in frontend/src/survey/expressions for the browser; tests/collect/surveys/expressions holds both to one list
of cases, and that list to SurveyJS itself. docs/concepts/survey-expressions.md says what is different on purpose.
"""

from cxloop.collect.surveys.expressions.evaluation import evaluate, holds, look_up
from cxloop.collect.surveys.expressions.functions import FUNCTIONS, Function, mentions
from cxloop.collect.surveys.expressions.nodes import Expression, ExpressionError
from cxloop.collect.surveys.expressions.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse
from cxloop.collect.surveys.expressions.text import Piece, Text, read_text
from cxloop.collect.surveys.expressions.writing import for_browser, rename, write

__all__ = [
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_TERMS",
    "Expression",
    "ExpressionError",
    "Function",
    "Piece",
    "Text",
    "evaluate",
    "for_browser",
    "holds",
    "look_up",
    "mentions",
    "parse",
    "read_text",
    "rename",
    "write",
]
