from cadres.forms.cadres import CadreForm, GrantForm, NewCadreForm
from cadres.forms.departments import DepartmentForm, NewDepartmentForm
from cadres.forms.deputies import DeputyForm
from cadres.forms.regions import NewRegionForm, RegionForm

__all__ = [
    "CadreForm",
    "DepartmentForm",
    "DeputyForm",
    "GrantForm",
    "NewCadreForm",
    "NewDepartmentForm",
    "NewRegionForm",
    "RegionForm",
]
