"""Responses that were given elsewhere: exports of Qualtrics, SurveyMonkey, Typeform and Google Forms."""
