"""Food security and coping: scores and classes by the World Food Programme's rules. Pure.

Weights, codes and cut-offs: indicators.md § 4, after WFP-VAM/RAMResourcesScripts.
"""

from collections.abc import Sequence

FCS_NAMES = (
    "FCSStap", "FCSPulse", "FCSDairy", "FCSPr", "FCSVeg", "FCSFruit", "FCSFat", "FCSSugar",
    "FCSCond",
)  # fmt: skip
FCS_WEIGHTS = (2.0, 3.0, 4.0, 4.0, 1.0, 1.0, 0.5, 0.5, 0.0)
FCS_CLASSES = ("poor", "borderline", "acceptable")

RCSI_NAMES = ("rCSILessQlty", "rCSIBorrow", "rCSIMealSize", "rCSIMealAdult", "rCSIMealNb")
RCSI_WEIGHTS = (1, 2, 1, 3, 1)
RCSI_CLASSES = ("low", "medium", "high")

STRESS = (
    "LcsEN_stress_DomAsset", "LcsEN_stress_Saving", "LcsEN_stress_BorrowCash",
    "LcsEN_stress_Utilities",
)  # fmt: skip
CRISIS = ("LcsEN_crisis_ProdAssets", "LcsEN_crisis_Health", "LcsEN_crisis_OutSchool")
EMERGENCY = ("LcsEN_em_ResAsset", "LcsEN_em_FemAnimal", "LcsEN_em_Begged")
LCS_NAMES = (*STRESS, *CRISIS, *EMERGENCY)
LCS_CLASSES = ("none", "stress", "crisis", "emergency")
_LCS_WEIGHTS = (1,) * len(STRESS) + (2,) * len(CRISIS) + (3,) * len(EMERGENCY)
_USED = frozenset({"30", "20"})  # yes; already exhausted

FES_CLASSES = ("under_50", "50_to_65", "65_to_75", "over_75")
_FES_CUT_OFFS = (0.50, 0.65, 0.75)


def fcs(groups: Sequence[int | None], *, missing_as_zero: bool = False) -> float | None:
    """The food consumption score, 0 to 112, of nine groups in the order of FCS_NAMES.

    None when a group is missing: all are required, so its value was lost. `missing_as_zero` is
    what WFP's own script does.
    """
    if missing_as_zero:
        groups = [day or 0 for day in groups]
    days = [day for day in groups if day is not None]
    if len(days) < len(FCS_NAMES):
        return None
    return sum(weight * day for weight, day in zip(FCS_WEIGHTS, days, strict=True))


def fcs_class(score: float, cut_offs: tuple[int, int] = (28, 42)) -> int:
    """The number of the class in FCS_CLASSES; a score on a cut-off is in the class below it."""
    return sum(score > cut_off for cut_off in cut_offs)


def rcsi(days: Sequence[int | None]) -> int | None:
    """The reduced coping strategies index, 0 to 56; None when an answer is missing."""
    found = [day for day in days if day is not None]
    if len(found) < len(RCSI_NAMES):
        return None
    return sum(weight * day for weight, day in zip(RCSI_WEIGHTS, found, strict=True))


def rcsi_class(score: int) -> int:
    """0 to 3 low, 4 to 18 medium, 19 and more high: the number of the class in RCSI_CLASSES."""
    return sum(score > cut_off for cut_off in (3, 18))


def lcs_class(codes: Sequence[str | None]) -> int | None:
    """The number of the worst class used, in LCS_CLASSES; None when nothing was answered.

    Codes are text: "10" (no need) and "9999" (not applicable) are no use of a strategy.
    """
    if not any(codes):
        return None
    used = [w for w, code in zip(_LCS_WEIGHTS, codes, strict=True) if code in _USED]
    return max(used, default=0)


def fes_class(food: float | None, total: float | None) -> int | None:
    """The number of the class of the cash food share; None where nothing was spent or answered."""
    if food is None or not total:
        return None
    return sum(food / total >= cut_off for cut_off in _FES_CUT_OFFS)
