"""English."""

from __future__ import annotations

from cxloop.simulate.texts.lexicon import Lexicon

__all__ = ["LEXICON"]

_PRODUCTS = tuple(
    [
        "jacket",
        "sweater",
        "dress",
        "shirt",
        "backpack",
        "suitcase",
        "watch",
        "lamp",
        "kettle",
        "coffee machine",
        "chair",
        "blanket",
        "frying pan",
        "toaster",
        "vacuum cleaner",
        "speaker",
        "keyboard",
        "monitor",
        "camera",
        "Lumo air purifier",
    ]
)

_OPENINGS: dict[str, tuple[str, ...]] = {
    "ask": ("",),
    "bad": (
        "(Very|Really|Deeply|Quite) disappointed.",
        "Not (happy|impressed|good enough|what I expected).",
        "Never again.",
        "(Honestly|Frankly), this was (annoying|frustrating|a mess|a letdown).",
        "I am (fed up|annoyed|frustrated|upset).",
        "What a (pity|mess|shame|letdown).",
        "I have been a customer for (years|a long time|ages), but this was (too much|poor|not on).",
    ),
    "plain": (
        "(Mixed|So-so|Middling) experience.",
        "(Fine|Okay|All right), but (not more|nothing special|there is room for improvement).",
        "In short:",
        "(Some|A few) things were good, (some|others) were not.",
        "It was (okay|all right|average).",
        "My (impression|experience|verdict):",
    ),
    "good": (
        "(Very|Really|So) (happy|pleased|satisfied).",
        "(Great|Lovely|Excellent|Brilliant) (shop|service|experience).",
        "(Top|Perfect|Wonderful|Super)!",
        "Five stars.",
        "I (love|really like) this shop.",
        "(Thank you|Thanks|Many thanks)!",
        "Nothing to complain about.",
    ),
}

_CLOSINGS = {
    "ask": (
        "(Thanks|Thank you|Many thanks|Cheers).",
        "(Thanks|Thank you) (in advance|for your help|for a quick answer).",
        "(Kind|Best|Warm) regards.",
        "I (look forward to|am waiting for|would be glad of) (your answer|a quick reply).",
    ),
    "bad": (
        "I (will|am going to) (shop|buy|order) (elsewhere|somewhere else) (next time|from now on).",
        "(Please|Do) (fix|sort out|improve) this.",
        "I (expected|had hoped for) (more|better|much more).",
        "That (should|must) not happen.",
        "I (cannot|would not) recommend (you|this shop|it) (any more|at the moment|to friends).",
        "One star (is|would be) too many.",
        "You used to be (better|much better|more reliable).",
    ),
    "plain": (
        "(Let us|We will) see how it goes next time.",
        "I (might|may) (order|buy|come back) again.",
        "Could be better, could be worse.",
        "There is (some|a little) room for improvement.",
        "(Thanks|Regards|Cheers).",
        "That is all from me.",
    ),
    "good": (
        "I (will|shall) (gladly|happily|certainly) (order|shop|buy) (again|here again).",
        "(Highly|Warmly|Definitely) recommended.",
        "(Keep it up|Keep going|Well done)!",
        "I have already (told|recommended you to) (my sister|my friends|my neighbours|a colleague).",
        "See you (soon|next time|again).",
        "(Always|Every time) a pleasure.",
        "(Thanks a lot|Many thanks|Thank you) to the (whole|entire) team.",
    ),
}

_THEMES = {
    "late": (
        "The {product} (came|arrived|turned up) {days} (late|later than promised|after the promised date).",
        "I was (told|promised) {day}, and the (parcel|package|delivery) (came|arrived|showed up) {days} later.",
        "{Days} late, and (nobody|no one) (told|informed|warned) me (about it|in time|beforehand).",
        "(Waited|I waited|We waited) {days} longer than (promised|agreed|stated) for my {product}, (without a word|"
        "with no news at all|and the tracking never moved).",
        "Delivery of the {product} was {days} (late|overdue|behind schedule). (Twice|Once again|In the end) I (stayed at "
        "home|took a day off|waited all day) (for nothing|in vain).",
        "The tracking said {day}. It (came|arrived|was delivered) {days} after that.",
        "My {product} was supposed to be a (birthday present|gift|surprise) and (came|arrived) {days} too late.",
    ),
    "crisis": (
        "My {product} was stuck (at|in) the (parcel hub|Leipzig hub|sorting centre) for {days}.",
        "Because of the (outage|standstill|chaos) at the hub my (parcel|package|order) (came|arrived) {days} late.",
        "The hub (stood still|was down|broke down), and (nobody|no one) (told|wrote to|called) me. {Days} of (waiting|"
        "silence|guessing) for a {product}!",
        "(Half|The whole of) {city} (seems|seemed) to be waiting for parcels (that week|in October). Mine took {days} "
        "longer.",
        "(Tracking|The app) said 'at the hub' for {days}. The (hotline|phone line) was (dead|hopeless|jammed).",
    ),
    "damaged": (
        "The {product} (arrived|came) (damaged|defective|in a sorry state|ruined|unusable).",
        "I (opened|unpacked) the box and the {product} was (damaged|defective|ruined|unusable|clearly used).",
        "(After|Within) {days} my {product} was (ruined|useless|beyond repair|fit for the bin).",
        "The (box|packaging|parcel) was (crushed|torn|wet) and the {product} (inside|in it) was (damaged|ruined|useless).",
        "My {product} was (faulty|defective|damaged) (from the start|out of the box|right away), a clear case for "
        "(quality control|the bin|a refund).",
    ),
    "price": (
        "The {product} (costs|is) (noticeably|a lot|clearly|much) (more|more expensive|dearer) than (last year|before|in "
        "spring).",
        "Since the (price rise|price increase|new prices) the {product} is (hardly|no longer|barely) (worth it|good "
        "value|a bargain).",
        "Your prices (went up|have gone up|rose) (again|without a word|quietly), and (quality|service) did not.",
        "(Too|Far too|Simply too) expensive (now|these days|for what it is). I (paid|used to pay) (less|much less) for "
        "the same {product}.",
        "Eight percent more for the same {product}? (Really|Seriously|No thanks|Come on)?",
    ),
    "agent_good": (
        "The (lady|gentleman|young man|colleague|agent) (on the phone|in the chat|I spoke to) was (very|really|"
        "incredibly|so) (kind|helpful|patient|competent).",
        "My (problem|question|request) about the {product} was (solved|settled|sorted) in {minutes} minutes, (friendly "
        "and competent|with patience|without any fuss).",
        "(Great|Excellent|First-class|Outstanding) (support|service|help): somebody (listened|understood|cared) and "
        "(solved it|fixed it|acted) (at once|right away|on the spot).",
        "Your (employee|colleague|agent) (knew|understood) (exactly|straight away) what to do about my {product}.",
        "I got (an honest|a clear|a quick) answer and a (replacement|solution|refund) (within|in under) {minutes} minutes.",
    ),
    "agent_bad": (
        "The (agent|person|man|woman) (on the phone|in the chat|I spoke to) was (rude|impatient|clueless|short with "
        "me|unfriendly).",
        "I was (passed on|put through|transferred) (three|four|several) times and (nobody|no one) (felt responsible|knew "
        "anything about my {product}|could help).",
        "(Support|The service|Customer service) (read|recited) (standard phrases|a script|canned answers) and did not "
        "(listen|understand|help) at all.",
        "They (hung up on|interrupted|talked down to) me when I asked about the {product}.",
        "The agent (had no idea|seemed annoyed|did not care) and I (explained|told) everything (twice|three times|again "
        "and again).",
    ),
    "unresolved": (
        "My (problem|complaint|request) about the {product} is (still|after {days} still) (open|unsolved|not settled).",
        "I was promised a call back (on {day}|within a day|the same day), and (nobody|no one) (called|rang|got in touch).",
        "Friendly (enough|they were), but (nothing happened|the matter is not solved|I am no further) (to this day|since "
        "then|after {days}).",
        "(Three|Two|Four) (e-mails|calls|messages), no (solution|result|answer) for my {product}.",
    ),
    "waiting": (
        "{minutes} minutes (on hold|in the queue|of music) before (anyone|somebody|a human) (answered|picked up).",
        "I (waited|hung on|sat) {minutes} minutes (just|only) to ask about (my|a) {product}.",
        "(The waiting time|Waiting) of {minutes} minutes is (too long|unacceptable|a joke), (even if|although) the agent "
        "was (nice|fine|helpful).",
        "It took {minutes} minutes until I finally (got|reached|spoke to) (someone|a person|a real human).",
    ),
    "return_easy": (
        "(Returning|Sending back|Bringing back) the {product} was (easy|simple|child's play|quick), (money back|refund) "
        "(the same day|within {days}|right away).",
        "(Dropped|Handed in) the {product} in {city}, (no questions|no fuss|two minutes), done.",
        "The return (worked|went) (smoothly|perfectly|without a hitch), and the refund took (only|just) {days}.",
        "(Simple|Easy|Painless) return of the {product} (in the store|at the counter|at the shop) in {city}.",
    ),
    "return_qr": (
        "(Scanned|Showed|Just scanned) the (code|QR code), (dropped|handed in) the {product}, (money back|refunded) (the "
        "same evening|at once|within {days}).",
        "The (new|QR) return (in|at the store in) {city} is (great|brilliant|so easy): no printer, no (form|queue|label).",
        "No printer needed any more: (code|QR code) on the phone, {product} (returned|handed over|gone) in (two|three|"
        "five) minutes.",
        "(Finally|At last) a return without (paper|printing|labels). The {product} was (taken back|accepted) (at once|"
        "with a scan|in a minute).",
    ),
    "return_hard": (
        "I had to (print|fill in|sign) (a form|a label|three forms) to return the {product}, and (nobody|no one) has a "
        "printer (any more|at home|these days).",
        "(Returning|Sending back) the {product} was (complicated|a nightmare|far too much work|a pain).",
        "Still (waiting|no refund|no money) {days} after (I returned|sending back|handing in) the {product}.",
        "The (store|counter|shop) in {city} (refused|did not want) to take (the {product} back|my return) without the "
        "(original box|printed label|paper receipt).",
        "(Too many|So many) steps (for|to make) a (simple|small) return: (form|e-mail), label, (queue|post office), "
        "(waiting|more waiting).",
    ),
    "delivery_good": (
        "(Ordered|I ordered) on {day}, the {product} (was here|arrived|came) (in no time|right on time|faster than "
        "expected).",
        "(Fast|Quick|Punctual|Prompt) delivery, (well|carefully|neatly) (packed|wrapped), (friendly|cheerful|kind) courier.",
        "The {product} (came|arrived) on {day}, (exactly|just) as (promised|announced|agreed).",
        "Delivery to {city} (is|was) (always|really|very) (reliable|punctual|quick), (so too|also) with the {product}.",
        "(Good|Clear|Helpful) (tracking|messages|updates), and the {product} was (there|here) on {day}.",
    ),
    "product_good": (
        "The {product} is (lovely|excellent|great|beautiful|just right) and (well made|worth every cent|good value|even "
        "better than in the pictures).",
        "I (use|enjoy) my {product} (every day|daily|all the time) and (love it|am thrilled|would not be without it).",
        "(Great|Good|Excellent|Superb) quality, the {product} (looks|feels|is) (solid|elegant|sturdy|high-class).",
        "(My husband|My daughter|My mother|The whole family) (loves|is happy with|likes) the {product}.",
        "The {product} is exactly (what I was looking for|what I needed|as described), and (looks|is) (great|lovely).",
    ),
    "product_bad": (
        "The {product} (feels|looks|is) (cheap|flimsy|poorly made|nothing like the pictures).",
        "(Poor|Bad|Disappointing) quality: the {product} (is not what I ordered|does not last|is not worth the money).",
        "The {product} smells (odd|strange|of plastic) and (looks|is) (different|smaller|darker) than (shown|"
        "described|in the photo).",
        "I (expected|had expected) more (of|from) a {product} at this price.",
        "After {days} the {product} already (looked|seemed) (worn|old|used).",
    ),
    "store_good": (
        "The (team|staff|people) in {city} (advised|helped|served) me (very well|with great patience|so kindly) with the "
        "{product}.",
        "(Lovely|Tidy|Pleasant|Bright) store in {city}, (good|honest|expert) advice, and the {product} was (in stock|"
        "there|ready).",
        "I (tried|tested|looked at) the {product} (in the store|in {city}|on the spot) and (took it home|bought it) "
        "(at once|happily|without hesitation).",
        "(Short queue|Quick checkout|Friendly cashier) and a (great|fair|good) {product}: (that is how|this is how) I "
        "like (shopping|to shop).",
    ),
    "store_bad": (
        "In the store in {city} (nobody|no one) had (time|any idea|an interest) when I asked about the {product}.",
        "(Long|Endless|Slow) queue at the till in {city}, (only one|just one) till open on a {day}.",
        "The {product} was (out of stock|not there|sold out) in {city} (although|even though) the (app|website) said "
        "(otherwise|it was available).",
        "The (shop|store) in {city} was (messy|chaotic|loud), and the staff (unfriendly|stressed|hard to find).",
    ),
    "neutral": (
        "The {product} is (okay|fine|all right), (nothing more|no more, no less|as expected).",
        "Ordering the {product} (worked|went fine), (delivery|the rest) was (okay|average|normal).",
        "(No|No real|No big) problems with the {product}, (but nothing special|just average|so far).",
        "The {product} (does its job|is usable|is decent), the price is (fair|okay|average).",
        "(Website|App) (a bit|somewhat|rather) (slow|confusing), the {product} (fine|okay|good).",
    ),
    "ask_where": (
        "(Hi|Hello|Good morning|Hey), where is my {product}? It (was due|should have come) on {day}.",
        "My (parcel|order) with the {product} has not (arrived|come) (yet|so far). (Can|Could) you check?",
        "The tracking of my {product} has not (moved|changed) (since {day}|for days). What is (wrong|going on)?",
        "When will my {product} (arrive|be delivered)? I have been waiting (for {days}|since {day}).",
    ),
    "ask_damaged": (
        "(Hi|Hello|Good evening), my {product} (arrived|came) (damaged|defective|unusable). What (can|do) I do (now|next)?",
        "The {product} I (received|got) on {day} (is damaged|is faulty|is unusable). I (want|would like|need) a "
        "(replacement|refund|new one).",
        "I have (photos|a picture) of the damaged {product}. Where (can|do) I send (them|it)?",
    ),
    "ask_return": (
        "(Hi|Hello), how (can|do) I return (a|my) {product}?",
        "I (sent back|returned) the {product} on {day}. When (will I get|do I get) my money?",
        "Can I (bring|return) the {product} to the store in {city}?",
    ),
    "ask_invoice": (
        "(Hi|Hello), I need (the|an) invoice for the {product} (I bought on {day}|for my tax return|with my company name).",
        "I was charged (twice|the wrong amount) for the {product}. (Please check|Can you check|Could you look into it)?",
        "(Could|Can) you (send|e-mail) me the (invoice|receipt) for my {product} (again|once more)?",
    ),
    "ask_account": (
        "(Hi|Hello), I (cannot|can not) (log in|sign in) (since {day}|any more). (Please help|Can you help)?",
        "How (can|do) I change my (address|e-mail|phone number) (before {day}|in my account|in the app)?",
        "My points for the {product} (are missing|do not show up|were not added).",
    ),
    "ask_advice": (
        "(Hi|Hello|Good afternoon), is the {product} (suitable|good|right) (for my mother|as a gift|for daily use|for a "
        "student)?",
        "Which {product} (would you|do you) recommend (for my father|under 100 euros|as a gift)?",
        "Is the {product} (in stock|available) in {city} (on {day}|this week|at the moment)?",
        "What is the (warranty|guarantee) on the {product}, and (can|could) I have it by {day}?",
    ),
}

LEXICON = Lexicon(
    language="en",
    products={"product": _PRODUCTS},
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    durations={
        "days": (
            "one day",
            "two days",
            "three days",
            "four days",
            "five days",
            "six days",
            "seven days",
            "eight days",
            "nine days",
            "ten days",
            "11 days",
            "12 days",
            "13 days",
            "two weeks",
            "over two weeks",
        )
    },  # fmt: skip
    openings=_OPENINGS,
    closings=_CLOSINGS,
    themes=_THEMES,
    slips=(
        ("their", "thier"),
        ("received", "recieved"),
        ("arrived", "arived"),
        ("disappointed", "dissapointed"),
        ("until", "untill"),
        ("friendly", "freindly"),
        ("because", "becuase"),
        ("definitely", "definately"),
        ("parcel", "parcle"),
        ("really", "realy"),
        ("that", "taht"),
    ),
)
