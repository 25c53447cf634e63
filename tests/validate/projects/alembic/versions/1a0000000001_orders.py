"""orders"""

from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa

revision: str = "1a0000000001"
down_revision: Union[str, Sequence[str], None] = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    pass
