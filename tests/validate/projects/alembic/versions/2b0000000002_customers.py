"""customers"""

from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

revision: str = "2b0000000002"
down_revision: Union[str, Sequence[str], None] = "1a0000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    pass
