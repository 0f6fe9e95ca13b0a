"""The queries of survey results: counts per customer, so that Python sees sums and never answers.

The funnel's patterns are how often something is so for one customer, with the number of customers for whom it is just
so often: most have one invitation, so that a handful of rows carries the sums that intervals need.
"""

from __future__ import annotations

from cxloop.core.schema import Type
from cxloop.engine.query import Query

__all__ = ["ANSWERS", "CROSSED", "FUNNEL", "ORDERS", "PAGES", "REASONS", "RESPONSES", "ROWS", "SIZES", "VERBATIMS"]

_TABLES = ("interactions", "event_catalogue", "event_codes", "customer_keys")
_NAMED = "$log inner join event_codes as e on e.event_code = i.event_code"
# An invitation stands behind what belongs to a wave; everything else came by an open link, a code, a widget or a kiosk.
_INVITED = "i.campaign like 'wave-%'"
_LEFT_OUT = "coalesce(cx_property(i.properties, 'left_out'), 'false') = 'true'"
_SAID = "case when i.score is not null then cast(i.score as varchar) else i.answer_value end"

FUNNEL = Query(
    name="measure.survey_funnel",
    sql=f"""
        select
            channel, sampled, asked, sent, bounced, delivered, reminded, opened, started, finished, screened,
            came, completed, count(*) as customers
        from (
            select
                $channel as channel, $customer as customer,
                count(*) filter (where e.name = 'survey_sampled') as sampled,
                count(*) filter (where e.name = 'survey_sampled' and i.outcome = 'asked') as asked,
                count(*) filter (where e.name = 'survey_sent') as sent,
                count(*) filter (where e.name = 'survey_bounced') as bounced,
                count(*) filter (where e.name = 'survey_delivered') as delivered,
                count(*) filter (where e.name = 'survey_reminded') as reminded,
                count(*) filter (where e.name = 'survey_opened' and {_INVITED}) as opened,
                count(*) filter (where e.name = 'survey_started' and {_INVITED}) as started,
                count(*) filter (where e.name = 'survey_finished' and {_INVITED}) as finished,
                count(*) filter (where e.name = 'survey_screened' and {_INVITED}) as screened,
                count(*) filter (where e.name = 'survey_started' and coalesce(not {_INVITED}, true)) as came,
                count(*) filter (where e.name = 'survey_finished' and coalesce(not {_INVITED}, true)) as completed
            from {_NAMED}
            where $where and not {_LEFT_OUT} and e.name in (
                'survey_sampled', 'survey_sent', 'survey_bounced', 'survey_delivered', 'survey_reminded',
                'survey_opened', 'survey_started', 'survey_finished', 'survey_screened'
            )
            group by $channel, $customer
        ) as per_customer
        group by
            channel, sampled, asked, sent, bounced, delivered, reminded, opened, started, finished, screened,
            came, completed
    """,
    inputs=_TABLES,
    slots=("log", "where", "channel", "customer"),
    output={
        "channel": "text",
        "sampled": "bigint",
        "asked": "bigint",
        "sent": "bigint",
        "bounced": "bigint",
        "delivered": "bigint",
        "reminded": "bigint",
        "opened": "bigint",
        "started": "bigint",
        "finished": "bigint",
        "screened": "bigint",
        "came": "bigint",
        "completed": "bigint",
        "customers": "bigint",
    },
)
"""Patterns of the steps of one survey, per channel. `came` and `completed` are those whom nobody invited."""

REASONS = Query(
    name="measure.survey_reasons",
    sql=f"""
        select coalesce(i.outcome, '') as reason, count(*) as n, count(distinct i.key_id) as customers
        from {_NAMED}
        where $where and e.name = 'survey_sampled'
        group by coalesce(i.outcome, '')
        order by n desc, reason
    """,
    inputs=_TABLES,
    slots=("log", "where"),
    output={"reason": "text", "n": "bigint", "customers": "bigint"},
)
"""What was decided about everybody whom a survey wanted to ask."""

RESPONSES = Query(
    name="measure.survey_responses",
    sql=f"""
        select
            count(*) as responses, count(*) filter (where finished = 1) as finished,
            count(*) filter (where screened = 1) as screened, count(*) filter (where left_out = 1) as left_out,
            count(*) filter (where left_out = 0 and flagged = 1) as flagged,
            count(*) filter (where left_out = 0 and finished = 0 and screened = 0) as unfinished,
            min(first_at) as first_at, max(last_at) as last_at
        from (
            select
                i.response_id as response,
                max(case when e.name = 'survey_finished' then 1 else 0 end) as finished,
                max(case when e.name = 'survey_screened' then 1 else 0 end) as screened,
                max(case when {_LEFT_OUT} then 1 else 0 end) as left_out,
                max(case when coalesce(cx_property(i.properties, 'flags'), '[]') <> '[]' then 1 else 0 end) as flagged,
                min(i.occurred_at) as first_at, max(i.occurred_at) as last_at
            from {_NAMED}
            where $where and i.response_id is not null
            group by i.response_id
        ) as per_response
    """,
    inputs=_TABLES,
    slots=("log", "where"),
    output={
        "responses": "bigint",
        "finished": "bigint",
        "screened": "bigint",
        "left_out": "bigint",
        "flagged": "bigint",
        "unfinished": "bigint",
        "first_at": "timestamp",
        "last_at": "timestamp",
    },
)
"""How many responses there are, and of which kind."""

PAGES = Query(
    name="measure.survey_pages",
    sql=f"""
        select
            page, count(*) as responses, cast(sum(finished) as bigint) as finished, cast(sum(last) as bigint) as last,
            avg(seconds) as seconds, min(place) as place
        from (
            select
                p.page, p.response, max(p.seconds) as seconds, min(p.place) as place,
                max(case when f.response is not null then 1 else 0 end) as finished,
                max(case when f.response is null and p.place = p.pages then 1 else 0 end) as last
            from (
                select
                    cx_property(i.properties, 'page') as page, i.response_id as response,
                    try_cast(cx_property(i.properties, 'seconds') as double) as seconds,
                    count(*) over (partition by i.response_id) as pages,
                    row_number() over (partition by i.response_id order by i.occurred_at, i.ordinal) as place
                from {_NAMED}
                where $where and not {_LEFT_OUT} and e.name = 'survey_page' and i.response_id is not null
            ) as p
            left join (
                select distinct i.response_id as response
                from {_NAMED}
                where $where and e.name in ('survey_finished', 'survey_screened')
            ) as f on f.response = p.response
            where p.page is not null
            group by p.page, p.response
        ) as per_response
        group by page
        order by place, responses desc, page
    """,
    inputs=_TABLES,
    slots=("log", "where"),
    output={
        "page": "text",
        "responses": "bigint",
        "finished": "bigint",
        "last": "bigint",
        "seconds": "double",
        "place": "bigint",
    },
)
"""Each page: who sent it off, for whom it was the last one, and how long it took."""

_NUMBER = "coalesce(i.score, try_cast(i.answer_value as double))"

_QUESTION = """
    i.question_id as question, i.metric, i.scale_min as low, i.scale_max as high,
    cx_property(i.properties, 'type') as type, cx_property(i.properties, 'wording') as wording
"""
_BY_QUESTION = """
    i.question_id, i.metric, i.scale_min, i.scale_max,
    cx_property(i.properties, 'type'), cx_property(i.properties, 'wording')
"""
_KEYS = "question, metric, low, high, type, wording"
_QUESTION_OUTPUT: dict[str, Type] = {
    "question": "text",
    "metric": "text",
    "low": "double",
    "high": "double",
    "type": "text",
    "wording": "text",
}
# An answer that was taken back stands in the log without what it said.
_ANSWERED = f"i.question_id is not null and ({_SAID} is not null or i.text is not null) and not {_LEFT_OUT}"

SIZES = Query(
    name="measure.survey_questions",
    sql=f"""
        select
            {_KEYS}, cast(sum(answered) as bigint) as n, count(*) filter (where answered > 0) as customers,
            cast(sum(answered * answered) as bigint) as size_squares, cast(sum(numbers) as bigint) as numbers,
            sum(total) as total, sum(squares) as squares, sum(total * total) as total_squares,
            sum(total * answered) as total_sizes,
            cast(sum(texts) as bigint) as texts, cast(sum(several) as bigint) as several, max(title) as title,
            min(first_version) as first_version, max(last_version) as last_version, min(place) as place
        from (
            select
                {_QUESTION}, $customer as customer, count(*) filter (where {_SAID} is not null) as answered,
                count({_NUMBER}) as numbers, sum({_NUMBER}) as total, sum({_NUMBER} * {_NUMBER}) as squares,
                count(i.text) as texts, count(*) filter (where i.answer_value like '%|%') as several,
                max(cx_property(i.properties, 'question')) as title, min(i.ordinal) as place,
                min(i.survey_version) as first_version, max(i.survey_version) as last_version
            from $log
            where $where and {_ANSWERED}
            group by {_BY_QUESTION}, $customer
        ) as per_customer
        group by {_KEYS}
        order by place, question
    """,
    inputs=_TABLES,
    slots=("log", "where", "customer"),
    output={
        **_QUESTION_OUTPUT,
        "n": "bigint",
        "customers": "bigint",
        "size_squares": "bigint",
        "numbers": "bigint",
        "total": "double",
        "squares": "double",
        "total_squares": "double",
        "total_sizes": "double",
        "texts": "bigint",
        "several": "bigint",
        "title": "text",
        "first_version": "text",
        "last_version": "text",
        "place": "bigint",
    },
)
"""Each question with the sums over customers that intervals need; other words or another scale make another one."""

ANSWERS = Query(
    name="measure.survey_answers",
    sql=f"""
        select
            {_KEYS}, said, cast(sum(chosen) as bigint) as n, cast(sum(chosen * chosen) as bigint) as total_squares,
            cast(sum(chosen * answered) as bigint) as total_sizes
        from (
            select {_KEYS}, customer, said, max(answered) as answered, count(*) as chosen
            from (
                select {_KEYS}, customer, answered, unnest(string_split(whole, '|')) as said
                from (
                    select
                        {_QUESTION}, $customer as customer, {_SAID} as whole,
                        count(*) over (partition by {_BY_QUESTION}, $customer) as answered
                    from $log
                    where $where and {_ANSWERED} and {_SAID} is not null
                ) as answers
            ) as parts
            group by {_KEYS}, customer, said
        ) as per_customer
        group by {_KEYS}, said
    """,
    inputs=_TABLES,
    slots=("log", "where", "customer"),
    output={
        **_QUESTION_OUTPUT,
        "said": "text",
        "n": "bigint",
        "total_squares": "bigint",
        "total_sizes": "bigint",
    },
)
"""How often each answer was given, with sums over customers; of several choices each is one."""

ORDERS = Query(
    name="measure.survey_orders",
    sql=f"""
        select {_QUESTION}, i.answer_value as whole, count(*) as n, count(distinct $customer) as customers
        from $log
        where $where and {_ANSWERED} and i.answer_value is not null and cx_property(i.properties, 'type') = 'ranking'
        group by {_BY_QUESTION}, i.answer_value
    """,
    inputs=_TABLES,
    slots=("log", "where", "customer"),
    output={**_QUESTION_OUTPUT, "whole": "text", "n": "bigint", "customers": "bigint"},
)
"""The orders that ranking questions were put into, with how many gave each."""

CROSSED = Query(
    name="measure.survey_crosstab",
    sql=f"""
        select of_row, of_column, count(*) as n
        from (
            select
                r.whole as of_row, c.whole as of_column,
                row_number() over (partition by r.customer order by r.at desc, r.response desc) as newest
            from (
                select i.response_id as response, $customer as customer, {_SAID} as whole, i.occurred_at as at
                from $log
                where $where and {_ANSWERED} and i.question_id = $row_question and {_SAID} is not null
            ) as r
            inner join (
                select distinct i.response_id as response, $column as whole
                from $log
                where $where and {_ANSWERED} and $of_column and $column is not null
            ) as c on c.response = r.response
        ) as pairs
        where newest = 1
        group by of_row, of_column
    """,
    inputs=_TABLES,
    parameters={"row_question": "text"},
    slots=("log", "where", "customer", "column", "of_column"),
    output={"of_row": "text", "of_column": "text", "n": "bigint"},
)
"""Answers to one question by those to another, or by a dimension: the newest response of each customer."""

VERBATIMS = Query(
    name="measure.survey_verbatims",
    sql=f"""
        select
            i.interaction_id, $customer as customer_id, i.occurred_at, i.question_id as question, i.text, i.language,
            i.response_id as response, c.channel, c.touchpoint, s.metric, s.score, s.scale_max,
            cx_property(i.properties, 'flags') as flags, count(*) over () as total
        from $log
        left join (
            select i.response_id as response, max(i.metric) as metric, max(i.score) as score,
                max(i.scale_max) as scale_max
            from $log
            where $where and {_ANSWERED} and i.metric = $metric and i.score is not null
            group by i.response_id
        ) as s on s.response = i.response_id
        where $where and {_ANSWERED} and i.text is not null and trim(i.text) <> ''
            and ($question is null or i.question_id = $question)
            and ($most is null or s.score <= $most) and ($least is null or s.score >= $least)
        order by i.occurred_at desc, i.interaction_id
        limit $rows
    """,
    inputs=_TABLES,
    parameters={"metric": "text", "question": "text", "rows": "bigint", "most": "double", "least": "double"},
    slots=("log", "where", "customer"),
    output={
        "interaction_id": "bigint",
        "customer_id": "bigint",
        "occurred_at": "timestamp",
        "question": "text",
        "text": "text",
        "language": "text",
        "response": "text",
        "channel": "text",
        "touchpoint": "text",
        "metric": "text",
        "score": "double",
        "scale_max": "double",
        "flags": "text",
        "total": "bigint",
    },
)
"""What people wrote, newest first, with the score that the same response gave."""

ROWS = Query(
    name="measure.survey_rows",
    sql=f"""
        select
            i.response_id as response, $customer as customer_id, e.name, i.occurred_at, i.question_id as question,
            i.metric, i.score, i.answer_value, i.text, i.language, i.survey_version as version,
            c.channel, c.touchpoint, i.location, i.campaign, i.ordinal,
            cx_property(i.properties, 'flags') as flags, cx_property(i.properties, 'mode') as mode,
            {_LEFT_OUT} as left_out
        from {_NAMED}
        inner join (
            select i.response_id as response, max(i.occurred_at) as at
            from $log
            where $where and i.response_id is not null
            group by i.response_id
            order by at desc, response
            limit $rows
        ) as wanted on wanted.response = i.response_id
        where $where and (i.question_id is not null or e.name in (
            'survey_started', 'survey_finished', 'survey_screened'
        ))
        order by wanted.at desc, i.response_id, i.ordinal, i.interaction_id
    """,
    inputs=_TABLES,
    parameters={"rows": "bigint"},
    slots=("log", "where", "customer"),
    output={
        "response": "text",
        "customer_id": "bigint",
        "name": "text",
        "occurred_at": "timestamp",
        "question": "text",
        "metric": "text",
        "score": "double",
        "answer_value": "text",
        "text": "text",
        "language": "text",
        "version": "text",
        "channel": "text",
        "touchpoint": "text",
        "location": "text",
        "campaign": "text",
        "ordinal": "bigint",
        "flags": "text",
        "mode": "text",
        "left_out": "bool",
    },
)
"""Everything that the newest responses say, one row per answer."""
