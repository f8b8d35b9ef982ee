"""Codes of indicators → words for people: titles, definitions, groups, reasons. Translatable."""

from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # there for type checkers only

Words: TypeAlias = "dict[str, _StrPromise]"

TITLES: Words = {
    "O3.1": _("Families with access to livelihood services"),
    "O3.2": _("Women with access to legal aid"),
    "O3.3": _("Households whose own income increased"),
    "P1": _("Female-headed households"),
    "P2": _("Mean household size"),
    "P3": _("Migrants per household"),
    "P4": _("Migrants out of contact"),
    "P5": _("Dependency ratio"),
    "P6": _("Remittances in income"),
    "P7": _("Women's share of earned income"),
    "P8": _("Unregistered marriages"),
    "P9": _("Children out of school"),
    "P10": _("Livestock units"),
    "P11": _("Indebted households"),
    "P12": _("Legal need met"),
    "P13": _("Resolution of legal cases"),
    "P14": _("Satisfaction with services"),
    "P15": _("Most important needs"),
    "FCS": _("Food consumption score"),
    "rCSI": _("Reduced coping strategies index"),
    "LCS": _("Livelihood coping strategies"),
    "FES": _("Cash food share of spending"),
}

MEANINGS: Words = {
    "O3.1": _(
        "Distinct households, after merging duplicates, that were vulnerable at baseline and had a "
        "qualifying livelihood service in the programme's period. A service qualifies when it is "
        "completed, or when seeds, a grant or a loan of some value were given. A family counts "
        "once, from the day of its first qualifying service, so that quarters add up to the total."
    ),
    "O3.2": _(
        "Distinct women of 18 or more with at least one legal-aid service in the period, whatever "
        "its outcome; beside them their cases and consultations. Girls are shown apart. Nobody is "
        "merged across households."
    ),
    "O3.3": _(
        "Of households with a qualifying service, a baseline and an endline with complete income, "
        "those whose real income from what the household generates itself rose by the threshold "
        "or more. Remittances and transfers are left out of the headline; 'total' takes them in, "
        "'reported' is what the respondent says. Amounts are brought to local money by monthly "
        "mean rates and deflated by the country's prices."
    ),
    "P1": _("Of baselines with an answer, those whose head is a woman."),
    "P2": _("Members of the household at baseline, those abroad included."),
    "P3": _("Members abroad at baseline, of each household; and how many by country of stay."),
    "P4": _("Of migrants with an answer, those not heard of for more than six months, or lost."),
    "P5": _("Members under 15 or of 65 and more, to those of 15 to 64; sums of all members."),
    "P6": _(
        "Remittances in all income, sums of a country and round; beside it the median of the "
        "households' own shares."
    ),
    "P7": _("What women earn, and half of what both earn, in earned income at baseline."),
    "P8": _("Of ever-married members of 18 and more, those married by nikoh only."),
    "P9": _("Of children of 7 to 15 with an answer, those who do not go to school."),
    "P10": _("0.7 for each of cattle, 0.1 for sheep and goats, 0.01 for poultry; mean."),
    "P11": _("Of those who answered, households in debt; and those with a late payment."),
    "P12": _(
        "Women with legal aid since the baseline, for each household that named a legal need then."
    ),
    "P13": _(
        "Of cases, but for those open for more than 90 days, the ones solved or partly solved by "
        "their latest record."
    ),
    "P14": _("Of services with an answer, those the person was satisfied with."),
    "P15": _(
        "What families said at baseline that they need: 3 points for the first need, 2 for the "
        "second, 1 for the third; and how many families named it first."
    ),
    "FCS": _(
        "Days in the last week on which nine groups of food were eaten, weighted by WFP's weights; "
        "0 to 112. Classes by both pairs of cut-offs: 28/42, as oil and sugar are eaten almost "
        "daily here, and 21/35."
    ),
    "rCSI": _(
        "Days in the last week on which five ways of coping were used, weighted; 0 to 56. Bands: "
        "0-3, 4-18, 19 and more; confirm them with WFP before publishing."
    ),
    "LCS": _("The worst strategy used in the last 30 days, or used up before."),
    "FES": _("Of cash spent last month, the share spent on food. Own produce is not asked."),
}

MEASURES: Words = {
    "families": _("families"),
    "families_not_vulnerable": _("families served that are not vulnerable (outside the target)"),
    "women": _("women"),
    "cases": _("cases"),
    "consultations": _("consultations"),
    "girls": _("girls under 18 (outside the target)"),
    "earned": _("earned income increased"),
    "total": _("total income increased"),
    "reported": _("say that income is higher"),
    "earned_class": _("change of earned income"),
    "earned_per_capita": _("earned income per head increased"),
    "female_headed": _("headed by a woman"),
    "household_size": _("members, mean"),
    "migrants_per_household": _("migrants per household, mean"),
    "migrants": _("migrants"),
    "lost_contact": _("out of contact"),
    "dependency_ratio": _("dependents for each of working age"),
    "remittance_share": _("remittances in income, pooled"),
    "remittance_median": _("median share of a household"),
    "women_share": _("earned by women, pooled"),
    "unregistered": _("by nikoh only"),
    "out_of_school": _("out of school"),
    "livestock_units": _("livestock units, mean"),
    "indebted": _("in debt"),
    "late": _("late with a payment"),
    "legal_need_met": _("women helped for each household in need"),
    "resolved": _("solved or partly solved"),
    "satisfied": _("satisfied"),
    "need_score": _("score points"),
    "need_first": _("named first by"),
    "fcs_score": _("score, mean"),
    "fcs_28_42": _("class, cut-offs 28/42"),
    "fcs_21_35": _("class, cut-offs 21/35"),
    "rcsi_score": _("index, mean"),
    "rcsi_class": _("band"),
    "lcs_class": _("class"),
    "fes_class": _("share of food"),
}

GROUPS: Words = {
    "country": _("country"),
    "oblast": _("oblast"),
    "district": _("district"),
    "head_sex": _("sex of head"),
    "head_age": _("age of head"),
    "age": _("age"),
    "migrant": _("migrant household"),
    "migrants": _("number of migrants"),
    "quarter": _("quarter"),
    "service_type": _("type of service"),
    "partner": _("partner"),
    "topic": _("topic"),
    "legal_form": _("form of help"),
    "outcome": _("outcome"),
    "stay": _("country of stay"),
    "round": _("round"),
    "need": _("need"),
    "class": _("class"),
}

# Values of groups; a code that has no words stands as it is.
VALUES: Words = {
    "female": _("women"),
    "male": _("men"),
    "yes": _("yes"),
    "no": _("no"),
    "unknown": _("not known"),
    "baseline": _("baseline"),
    "midline": _("mid round"),
    "endline": _("endline"),
    "increased": _("increased"),
    "stable": _("stable"),
    "decreased": _("decreased"),
    "poor": _("poor"),
    "borderline": _("borderline"),
    "acceptable": _("acceptable"),
    "low": _("low"),
    "medium": _("medium"),
    "high": _("high"),
    "none": _("none"),
    "stress": _("stress"),
    "crisis": _("crisis"),
    "emergency": _("emergency"),
    "under_50": _("under 50%"),
    "50_to_65": _("50 to under 65%"),
    "65_to_75": _("65 to under 75%"),
    "over_75": _("75% and more"),
    "all": _("all"),
    "shg": _("self-help group"),
    "training_business": _("business training"),
    "training_vocational": _("vocational training"),
    "training_agri": _("farming training"),
    "financial_literacy": _("financial literacy"),
    "inputs": _("seeds, livestock or equipment"),
    "grant": _("small grant"),
    "loan": _("revolving fund loan"),
    "market": _("market linkage"),
    "job": _("job placement"),
    "alimony": _("child support"),
    "divorce": _("divorce and property"),
    "marriage_reg": _("registering a marriage"),
    "birth_reg": _("birth certificate"),
    "id_docs": _("documents"),
    "housing": _("housing"),
    "land": _("land and inheritance"),
    "benefits": _("benefits and pensions"),
    "violence": _("protection from violence"),
    "migration": _("migration"),
    "debt": _("debts"),
    "other": _("other"),
    "income": _("income-generating activity"),
    "training": _("vocational or business training"),
    "credit": _("small loan or grant"),
    "legal": _("legal advice"),
    "documents": _("identity or civil documents"),
    "benefit": _("access to state benefits"),
    "health": _("health care"),
    "childcare": _("child care or kindergarten"),
    "psych": _("psychological support"),
    "search": _("finding a missing migrant"),
    "household_size": _("members"),
    "migrants": _("migrants"),
    "score": _("vulnerability score"),
    "income_KG": _("real earned income, som a year"),
    "income_TJ": _("real earned income, somoni a year"),
    "oral": _("oral advice"),
    "doc": _("a document"),
    "escort": _("help at an office"),
    "court": _("in court"),
    "open": _("in progress"),
    "solved": _("solved"),
    "partly": _("partly solved"),
    "dropped": _("client withdrew"),
    "referred": _("referred on"),
    "found": _("found and interviewed"),
    "moved": _("moved away"),
    "abroad": _("whole family abroad"),
    "merged": _("joined another household"),
    "refused": _("refused"),
    "dead": _("head died, dissolved"),
    "notfound": _("not found"),
    "not_visited": _("not visited yet"),
    "census: no sampling error": _("census: no sampling error"),
    "estimate": _("estimate"),
    "earned": _("earned income"),
    "total": _("total income"),
}

REASONS: Words = {
    "no_baseline": _("no baseline interview with consent"),
    "not_vulnerable": _("not vulnerable at baseline"),
    "no_service": _("no service yet"),
    "no_qualifying_service": _("no qualifying service in the period"),
    "outside_period": _("qualifying service outside the programme's period"),
    "not_female": _("the person is not a woman"),
    "birth_year_missing": _("year of birth not known"),
    "no_endline": _("no endline interview"),
    "income_incomplete": _("income not complete: a source that nobody could tell"),
    "income_incomplete_baseline": _("income not complete at baseline"),
    "income_incomplete_endline": _("income not complete at endline"),
    "no_income": _("no income"),
    "no_income_baseline": _("no income at baseline"),
    "no_income_endline": _("no income at endline"),
    "no_answer": _("not answered"),
    "dk": _("don't know"),
    "refused": _("refused to answer"),
    "late_no_answer": _("in debt, and not said whether a payment is late"),
    "late_dk": _("in debt, and not known whether a payment is late"),
    "late_refused": _("in debt, and refused to say whether a payment is late"),
    "open_too_long": _("case open for too long"),
    "missing_baseline": _("answers missing at baseline"),
    "missing_midline": _("answers missing in the mid round"),
    "missing_endline": _("answers missing at endline"),
    "household_missing": _("records whose household is missing"),
    "review_state_received": _("records not reviewed yet"),
    "review_state_edited": _("records edited and not reviewed again"),
    "review_state_approved": _("records approved"),
    "review_state_has_issues": _("records sent back"),
    "review_state_rejected": _("records rejected"),
}

STATES: Words = {
    "received": _("as received"),
    "edited": _("as edited"),
    "approved": _("approved by a reviewer"),
}

SIDES: Words = {
    "types_of_service": _("Families by number of types of service"),
    "active_families": _("Families with any service in a quarter (do not add up)"),
    "with_legal_aid": _("Families with livelihood and legal services"),
    "first_twice": _("Women with several records marked first consultation"),
    "open_cases": _("Cases that are still open, by partner"),
    "lost_and_found": _("Found at the endline and not found, as they were at the baseline"),
    "attrition": _("What the endline visits found"),
    "thresholds": _("At other thresholds"),
    "imputed": _("With unknown sources put at the median"),
    "estimate": _("Number of families"),
    "mean_change": _("Mean and median of real annual earned income, local money"),
    "transitions": _("From baseline (down) to endline (across), households with both"),
}

COLUMNS: Words = {
    "types": _("types"),
    "families": _("families"),
    "quarter": _("quarter"),
    "oblast": _("oblast"),
    "household": _("household"),
    "records_marked_first": _("records marked first"),
    "days": _("days"),
    "partners": _("partners"),
    "partner": _("partner"),
    "open_cases": _("open cases"),
    "open_long": _("open for more than 60 days"),
    "median_days": _("days open, median"),
    "at_baseline": _("at the baseline"),
    "found_households": _("found"),
    "found_mean": _("mean of the found"),
    "lost_households": _("not found"),
    "lost_mean": _("mean of those not found"),
    "standardised_difference": _("difference in standard deviations"),
    "trace": _("result of the visit"),
    "figure": _("figure"),
    "threshold": _("least rise of income that counts"),
    "increased": _("increased"),
    "households": _("households"),
    "share": _("share"),
    "low": _("95% low"),
    "high": _("95% high"),
    "kind": _("kind"),
    "number": _("number"),
    "country": _("country"),
    "currency": _("currency"),
    "head_sex": _("sex of head"),
    "median_baseline": _("median, baseline"),
    "median_endline": _("median, endline"),
    "mean_baseline": _("mean, baseline"),
    "mean_endline": _("mean, endline"),
    "mean_change": _("mean change"),
    "median_change": _("median change"),
    "baseline": _("baseline"),
}


PARAMETERS: Words = {
    "draws": _("draws"),
    "endline_is_census": _("endline asks everybody"),
    "fcs_cut_offs": _("FCS cut-offs"),
    "floor": _("floor, of the country's median"),
    "open_case_days": _("days a case may be open"),
    "period_from": _("period from"),
    "period_until": _("period until"),
    "seed": _("seed"),
    "states": _("review states counted"),
    "threshold": _("least rise of income that counts"),
    "wfp_missing_as_zero": _("WFP: missing as zero"),
}


def word(words: Words, code: str) -> str:
    """The words of a code; the code itself where it has none."""
    return str(words.get(code, code))
