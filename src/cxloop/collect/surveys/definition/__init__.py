"""What a survey asks: a documented subset of the JSON format of SurveyJS, as frozen values.

docs/concepts/survey-format.md describes the format.
"""

from cxloop.collect.surveys.definition.base import in_language, languages
from cxloop.collect.surveys.definition.document import Definition, Page, Panel, Quota
from cxloop.collect.surveys.definition.reading import read, write

__all__ = ["Definition", "Page", "Panel", "Quota", "in_language", "languages", "read", "write"]
