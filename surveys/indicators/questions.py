"""Which form and question feeds which fact: the mapping that ships for the programme's forms. Pure.

A question keeps its name over all versions of a form. One that a version lacks is "not answered".
"""

REGISTRATION, SERVICE, FOLLOWUP = "rmp_registration", "rmp_service", "rmp_followup"
MEMBERS, INCOMES = "member", "income"  # repeats
INTERVIEW_DAY = ("today", "baseline_date", "followup_date")  # the first that is answered
YES = "yes"
LEGAL_AID = "legal_aid"  # of `service_type`
NEEDS = ("need_1", "need_2", "need_3")  # the most important one first
MID_ROUND, ENDLINE_ROUND, FOUND = "mid", "end", "found"


SIZE = {REGISTRATION: "hh_size", FOLLOWUP: "hh_size_now"}
