"""What people upload: judged by its content, kept under a random name, handed out only by a view that knows the scope.

A model of uploads extends `cadres.models.AbstractUpload` with its owner and a unique constraint on (owner, sha256);
its form takes an UploadsField, its act calls `store` for each Checked, its view ends in `serve`.
"""

from cadres.uploads.checking import DOCUMENTS, LARGEST, PICTURES, Checked, check
from cadres.uploads.errors import UploadError
from cadres.uploads.field import UploadsField
from cadres.uploads.formats import Kind
from cadres.uploads.serving import serve
from cadres.uploads.storing import discard, store
from cadres.uploads.sweeping import remove_orphans

__all__ = [
    "DOCUMENTS",
    "LARGEST",
    "PICTURES",
    "Checked",
    "Kind",
    "UploadError",
    "UploadsField",
    "check",
    "discard",
    "remove_orphans",
    "serve",
    "store",
]
