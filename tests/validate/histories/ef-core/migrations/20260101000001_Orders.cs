public partial class Orders : Migration { }
