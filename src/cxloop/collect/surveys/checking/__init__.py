"""Looking through a survey before anybody sees it: what cannot work, and what people will stumble over."""

from cxloop.collect.surveys.checking.problems import Problem, Severity
from cxloop.collect.surveys.checking.reach import can_hold
from cxloop.collect.surveys.checking.rules import problems
from cxloop.collect.surveys.checking.texts import minutes, spoken

__all__ = ["Problem", "Severity", "can_hold", "minutes", "problems", "spoken"]
