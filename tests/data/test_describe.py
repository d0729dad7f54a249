from automtl.data.bundled import PENGUINS
from automtl.data.describe import describe
from automtl.data.read import read_data
from automtl.data.request import DataRequest, TargetRequest
from automtl.plugins import load_plugins


def test_describes_the_penguins() -> None:
    targets = (TargetRequest("sex"), TargetRequest("body_mass_g", kind="regression"))
    data = read_data(DataRequest(PENGUINS, targets), load_plugins())
    lines = describe(data)
    n_train, n_validation, n_test = (len(p.rows) for p in (data.train, data.validation, data.test))
    assert lines == [
        f"344 rows: {n_train} to train, {n_validation} to validate, {n_test} to test",
        "input species: categorical, none missing",
        "input island: categorical, none missing",
        "input bill_length_mm: numeric, 2 missing",
        "input bill_depth_mm: numeric, 2 missing",
        "input flipper_length_mm: numeric, 2 missing",
        "input year: numeric, none missing",
        "task sex: binary, 333 labels, 11 missing; female 165, male 168",
        "task body_mass_g: regression, 342 labels, 2 missing",
        "note: sex: binary (2 distinct labels)",
    ]
