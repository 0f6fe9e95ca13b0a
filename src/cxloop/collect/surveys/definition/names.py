"""Names of SurveyJS that are kept without being read, and names that are refused, with what to do instead."""

from __future__ import annotations

__all__ = ["PRESENTATION", "REFUSED_PROPERTIES", "REFUSED_TYPES"]

# fmt: off
PRESENTATION = frozenset(
    (
         "$schema", "allowClear", "allowCompleteSurveyAutomatic", "autoAdvanceAllowComplete", "autoAdvanceEnabled",
         "autoFocusFirstError", "autoFocusFirstQuestion", "autoGrow", "autocomplete", "backgroundImage",
         "backgroundImageAttachment", "backgroundImageFit", "backgroundOpacity", "checkErrorsMode", "closeOnSelect",
         "colCount", "colSpan", "cols", "columnColCount", "columnMinWidth", "columnsVisibleIf", "commentAreaRows",
         "completeText", "cookieName", "dataList", "descriptionLocation", "displayMode", "editText", "errorLocation",
         "fitToContainer", "focusFirstQuestionAutomatic", "focusOnFirstError", "fontColor", "goNextPageAutomatic",
         "gridLayoutColumns", "gridLayoutEnabled", "headerView", "height", "hideNumber", "imageFit", "imageHeight",
         "imageWidth", "indent", "innerIndent", "inputFormat", "isSinglePage", "itemSize", "itemTitleWidth",
         "labelLocation", "layoutElement", "lazyLoadEnabled", "locationInMatrix", "logo", "logoFit", "logoHeight",
         "logoPosition", "logoWidth", "maxImageHeight", "maxImageWidth", "maxTextLength", "maxTimeToFinish", "maxWidth",
         "minImageHeight", "minImageWidth", "minWidth", "navigationButtonsVisibility", "navigationDescription",
         "navigationTitle", "pageNextText", "pagePrevText", "placeholder", "previewText", "progressBarInheritWidthFrom",
         "progressBarLocation", "progressBarShowPageNumbers", "progressBarShowPageTitles", "progressBarType",
         "questionDescriptionLocation", "questionErrorLocation", "questionStartIndex", "questionTitleLocation",
         "questionTitlePattern", "questionTitleWidth", "questionsOnPageMode", "rateColorMode",
         "rateDescriptionLocation",
         "renderAs", "requiredMark", "requiredText", "rowTitleWidth", "scaleColorMode", "searchEnabled", "searchMode",
         "selectToRankAreasLayout", "separateSpecialChoices", "shortcutText", "showCompletedPage", "showItemsInOrder",
         "showLabel", "showNavigationButtons", "showNumber", "showPageNumbers", "showPageTitles", "showPrevButton",
         "showPreview", "showPreviewBeforeComplete", "showPreviewText", "showProgressBar", "showQuestionNumbers",
         "showScale", "showTOC", "showTitle", "showTooltip", "signaturePadWidth", "size", "startWithNewLine", "state",
         "stepSize", "swapOrder", "textUpdateMode", "textWrapEnabled", "themeVariables", "titleLocation", "titleWidth",
         "tocLocation", "tooltipVisibility", "useDropdownList", "verticalAlign", "wideMode", "width", "widthMode",
    )
)
# fmt: on
"""Properties that change how SurveyJS draws a survey and not what is asked: kept, written back, and not read."""

REFUSED_TYPES = {
    "paneldynamic": "Ask for a fixed number of repetitions, each in a panel of its own.",
    "matrixdynamic": "Use a matrix with fixed rows, or one question for each row.",
    "matrixdropdown": "Use one matrix for each column.",
    "multipletext": "Use a panel with text questions.",
    "signaturepad": "Use a boolean question with a purpose: it records who agreed to what, and when.",
    "image": 'Use an "html" statement, or an imagepicker where people choose.',
    "expression": "Put the expression into calculatedValues and pipe it into an html statement.",
    "custom": "Custom widgets run foreign code. Use one of the types of the subset.",
    "buttongroup": 'Use "radiogroup".',
    "imagemap": 'Use an "imagepicker".',
}
"""Question types of SurveyJS that are not in the subset."""

REFUSED_PROPERTIES = {
    "valueName": "Answers are kept under the question's name. Give the question the name that you want.",
    "clearIfInvisible": "An answer to a question that is not shown is never kept. Take the property out.",
    "clearInvisibleValues": "An answer to a question that is not shown is never kept. Take the property out.",
    "defaultValueExpression": "Use setValueExpression, which is worked out when something that it reads changes.",
    "resetValueIf": "Use setValueIf without setValueExpression: it empties the question.",
    "choicesByUrl": "Nothing is fetched while somebody answers. Write the choices into the document.",
    "choicesFromQuestion": "Write the choices into the document, with visibleIf where they depend on an answer.",
    "choicesVisibleIf": "Give each choice its own visibleIf.",
    "choicesEnableIf": "Give each choice its own visibleIf.",
    "rowsVisibleIf": "Use one question for each row that may be hidden.",
    "minValueExpression": "Use a validator of type expression.",
    "maxValueExpression": "Use a validator of type expression.",
    "correctAnswer": "A survey is no exam. Take the property out.",
    "navigateToUrl": "Use a quota with the action redirect, or a link in completedHtml.",
    "navigateToUrlOnCondition": "Use a quota with the action redirect, or a link in completedHtml.",
    "firstPageIsStartPage": "Begin with a page that holds an html statement.",
    "firstPageIsStarted": "Begin with a page that holds an html statement.",
    "timeLimit": "Nobody is hurried. Take the property out.",
    "surveyId": "The document is kept here. Take the property out.",
    "surveyPostId": "Answers are kept here. Take the property out.",
    "storeDataAsText": "Uploaded files are kept beside the answers. Take the property out.",
    "maskType": "Use inputType or a regex validator.",
    "maskSettings": "Use inputType or a regex validator.",
    "bindings": "Use setValueExpression.",
    "detailElements": "Use questions with visibleIf.",
    "valuePropertyName": "Answers are kept as they are. Take the property out.",
    "isUnique": "Use a quota with the limit 1.",
    "cellType": "Columns of a matrix are single choices. Use one question for each row for anything else.",
}
"""Properties of SurveyJS that would change what is asked or kept, and are not in the subset."""
